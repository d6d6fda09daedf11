import { isUtf8 } from 'node:buffer'
import { Problem } from '@ikigai/chassis'
import { parseWebhookEvent, type StravaWebhookEvent, type WebhookFault } from '@ikigai/strava'

/** Strava's events have two levels; deeper nesting could exhaust the stack of a recursive parser. */
const MAX_DEPTH = 32
const [OPEN_BRACE, OPEN_BRACKET] = [0x7b, 0x5b]

/**
 * Parses the body of an event.
 *
 * @throws Problem 400 when it is not JSON in UTF-8; 422 with `errors` when it is JSON but not an event
 */
export function readEvent(body: Buffer): StravaWebhookEvent {
  // Strict, so that every consumer decodes the same text. A byte order mark is not removed, and is not JSON.
  if (!isUtf8(body)) throw notJson()
  const text = body.toString()
  const result = mayBeTooDeep(text) ? undefined : parseWebhookEvent(text)
  if (result?.ok === true) return result.event
  if (!isJson(text)) throw notJson()
  if (depthOf(text) > MAX_DEPTH) {
    throw notAnEvent([{ pointer: '', detail: `must not be nested deeper than ${MAX_DEPTH} levels` }])
  }
  const checked = result ?? parseWebhookEvent(text)
  if (!checked.ok) throw notAnEvent(checked.faults)
  return checked.event
}

/** A cheap pre-check: whether there are enough brackets for too deep a nesting, those in strings included. */
function mayBeTooDeep(text: string): boolean {
  let brackets = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === OPEN_BRACE || code === OPEN_BRACKET) brackets += 1
  }
  return brackets > MAX_DEPTH
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Depth of nested objects and arrays in valid JSON. */
function depthOf(json: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

const notJson = () =>
  new Problem({
    status: 400,
    slug: 'not-json',
    title: 'Not JSON',
    detail: 'The body is not JSON in UTF-8.',
  })

const notAnEvent = (errors: readonly WebhookFault[]) =>
  new Problem({
    status: 422,
    slug: 'not-an-event',
    title: 'Not an event',
    detail: 'The body is JSON, but not an event of Strava.',
    extensions: { errors },
  })
