import { hash } from 'node:crypto'
import { stringify } from 'lossless-json'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseExactJson, parseFastJson } from './exact-json.ts'
import { toJsonbText } from './jsonb-text.ts'
import { Int64IdSchema, type StravaId } from './strava-id.ts'

/** A webhook event: a reason to fetch, not the state, because events arrive late, repeated and out of order. */
export interface StravaWebhookEvent {
  /** `activity` or `athlete` today. A name of letters, digits, `_` and `-`. */
  readonly objectType: string
  /** The activity's id; for an athlete, the athlete's. */
  readonly objectId: StravaId
  /** `create`, `update` or `delete` today. A name of letters, digits, `_` and `-`. */
  readonly aspectType: string
  /** The athlete's id. */
  readonly ownerId: StravaId
  readonly subscriptionId: StravaId
  /** Epoch seconds. */
  readonly eventTime: number
  /** The changed fields; `{}` if absent. A value that is not a string (never recorded) is kept as JSON. */
  readonly updates: Readonly<Record<string, string>>
  /** The event's JSON, unchanged but valid as `jsonb` (see `toJsonbText`). */
  readonly raw: string
}

/** A validation error of a body. */
export interface WebhookFault {
  /** JSON pointer (RFC 6901); empty for the whole body. */
  readonly pointer: string
  readonly detail: string
}

export type WebhookEventResult =
  | { readonly ok: true; readonly event: StravaWebhookEvent }
  | { readonly ok: false; readonly faults: readonly WebhookFault[] }

/** Restricted to what is valid as one token of a NATS subject. */
const NameSchema = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

/** Epoch seconds of the last second of year 9999. */
const MAX_EVENT_TIME = 253_402_300_799n

const UpdatesSchema = Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]))

const EventSchema = Type.Object({
  object_type: NameSchema,
  object_id: Int64IdSchema,
  aspect_type: NameSchema,
  owner_id: Int64IdSchema,
  subscription_id: Int64IdSchema,
  event_time: Type.BigInt({ minimum: 1n, maximum: MAX_EVENT_TIME }),
  updates: UpdatesSchema,
})

/** The event schema for numbers that JavaScript represents exactly. */
const PlainEventSchema = Type.Object({
  object_type: NameSchema,
  object_id: Type.Integer({ minimum: 1 }),
  aspect_type: NameSchema,
  owner_id: Type.Integer({ minimum: 1 }),
  subscription_id: Type.Integer({ minimum: 1 }),
  event_time: Type.Integer({ minimum: 1, maximum: Number(MAX_EVENT_TIME) }),
  updates: UpdatesSchema,
})

const Event = Compile(EventSchema)
const PlainEvent = Compile(PlainEventSchema)

/**
 * Numbers beyond 2^53, with a fraction, an exponent or a sign, and escapes that PostgreSQL may reject: for a text without any
 * of these, `JSON.parse` gives the same result as the exact parser.
 */
const NEEDS_EXACTNESS = /\d{16}|\d[.eE]|-\d|\\u/

const NAME = 'must be a name of 1 to 64 letters, digits, _ or -'
const ID = 'must be a positive int64 integer'
const DETAILS: ReadonlyMap<string, string> = new Map([
  ['', 'must be a JSON object'],
  ['/object_type', NAME],
  ['/object_id', ID],
  ['/aspect_type', NAME],
  ['/owner_id', ID],
  ['/subscription_id', ID],
  ['/event_time', 'must be an integer, epoch seconds'],
  ['/updates', 'must be a JSON object'],
])

/**
 * Parses the body of a webhook call (Strava API docs, webhooks). Unknown kinds of object and aspect are accepted, as is a
 * body without `updates`; wrong types are rejected, with every fault listed.
 */
export function parseWebhookEvent(rawText: string): WebhookEventResult {
  return parsePlain(rawText) ?? parseExactly(rawText)
}

/** Parses nearly every event with one `JSON.parse`. Undefined for texts that need the exact parser or are not an event. */
function parsePlain(text: string): WebhookEventResult | undefined {
  if (NEEDS_EXACTNESS.test(text)) return undefined
  const value = parseFastJson(text)
  return PlainEvent.Check(value) ? { ok: true, event: toEvent(value, text) } : undefined
}

function parseExactly(rawText: string): WebhookEventResult {
  const raw = toJsonbText(rawText)
  // The exact parser also accepts texts that are not JSON.
  const value = parseFastJson(raw) === undefined ? undefined : parseExactJson(raw)
  if (value === undefined) return { ok: false, faults: [{ pointer: '', detail: 'must be JSON' }] }
  if (!Event.Check(value)) return { ok: false, faults: faultsOf(value) }
  return { ok: true, event: toEvent(value, raw) }
}

const toEvent = (
  value: Static<typeof PlainEventSchema> | Static<typeof EventSchema>,
  raw: string,
): StravaWebhookEvent => ({
  objectType: value.object_type,
  objectId: String(value.object_id),
  aspectType: value.aspect_type,
  ownerId: String(value.owner_id),
  subscriptionId: String(value.subscription_id),
  eventTime: Number(value.event_time),
  updates: toTexts(value.updates ?? {}),
  raw,
})

/**
 * Deduplication key of an event, the same for each delivery: SHA-256, in hex, over its distinguishing fields. Strava
 * gives events no id.
 */
export function eventKey(event: Omit<StravaWebhookEvent, 'subscriptionId' | 'raw'>): string {
  const updates = Object.entries(event.updates).sort(([a], [b]) => (a < b ? -1 : 1))
  const { objectType, objectId, aspectType, ownerId, eventTime } = event
  const identity = JSON.stringify([objectType, objectId, aspectType, ownerId, eventTime, updates])
  return hash('sha256', identity, 'hex')
}

function toTexts(updates: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(updates).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : (stringify(value) ?? ''),
    ]),
  )
}

function faultsOf(value: unknown): WebhookFault[] {
  const faults = new Map<string, string>()
  for (const error of Event.Errors(value)) {
    if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) faults.set(`/${name}`, 'is missing')
    } else {
      const pointer = [...DETAILS.keys()].findLast((known) => error.instancePath.startsWith(known)) ?? ''
      faults.set(pointer, DETAILS.get(pointer) ?? error.message)
    }
  }
  return [...faults].map(([pointer, detail]) => ({ pointer, detail }))
}
