import { Problem } from '@ikigai/chassis'
import { parseWebhookEvent, type StravaWebhookEvent, type WebhookFault } from '@ikigai/strava'

/** Strava's events have two levels; deeper nesting could exhaust the stack of a recursive parser. */
const MAX_DEPTH = 32

/** Strict, so that every reader decodes the same text; a byte order mark is kept, and is not JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses the body of an event.
 *
 * @throws Problem 400 when it is not JSON in UTF-8; 422 with `errors` when it is JSON but not an event
 */
export function readEvent(body: Buffer): StravaWebhookEvent {
  const text = decode(body)
  if (text === undefined || !isJson(text)) throw notJson()
  if (depthOf(text) > MAX_DEPTH) {
    throw notAnEvent([{ pointer: '', detail: `must not be nested deeper than ${MAX_DEPTH} levels` }])
  }
  const result = parseWebhookEvent(text)
  if (!result.ok) throw notAnEvent(result.faults)
  return result.event
}

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
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
