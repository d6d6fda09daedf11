import { type Bus, publish, stravaEventSubject } from '@ikigai/bus'
import { type Clock, Counter, Problem, type Registry } from '@ikigai/chassis'
import { eventKey, type StravaWebhookEvent } from '@ikigai/strava'
import type { FastifyBaseLogger } from 'fastify'
import type { KnownSubscription } from '../subscription/known-subscription.ts'
import { createAllowance } from './allowance.ts'
import { readEvent } from './event-body.ts'
import type { KnownOwners } from './known-owners.ts'
import type { SignatureCheck } from './signature-check.ts'

/** One call of the webhook. */
export interface Delivery {
  readonly body: Buffer
  readonly requestId: string
  /** `X-Strava-Signature` as it came. */
  readonly signature: string | undefined
  /** Since the request came in. */
  readonly elapsedMs: () => number
  readonly logger: FastifyBaseLogger
}

/**
 * Resolves once the event is on JetStream's disk, or is of nobody who has an account here.
 *
 * @throws Problem 400, 403 (another subscription; not signed although it must be), 422, or 503 when it could not be
 *   stored in time
 */
export type EventReceiver = (delivery: Delivery) => Promise<void>

/** What receiving events needs. */
export interface ReceiverOptions {
  readonly bus: Bus
  readonly subscription: KnownSubscription
  readonly owners: KnownOwners
  readonly checkSignature: SignatureCheck
  readonly clock: Clock
  readonly registry: Registry
}

type Outcome = 'stored' | 'repeated' | 'unknown_owner' | 'invalid' | 'unsigned' | 'foreign' | 'unavailable'

/** Strava waits 2 seconds for an answer (Strava API docs, webhooks). */
const ANSWER_WITHIN_MS = 1_500
/** For the acknowledgement, even if something before it was slow. */
const LEAST_ACK_MS = 250
const RETRY_AFTER_SECONDS = 5
/**
 * Events stored in a minute without knowing their owners, while Postgres cannot be asked: more than Strava sends for
 * athletes that this replica has not met yet, and too few for forged ones to bury the real.
 */
const UNCHECKED_PER_MINUTE = 1_000

/** Makes what takes events in: checked, stored in the stream, counted. */
export function createReceiver(options: ReceiverOptions): EventReceiver {
  const { bus, subscription, owners, checkSignature, clock, registry } = options
  const count = countEvents(registry)
  const mayStoreUnchecked = createAllowance(UNCHECKED_PER_MINUTE, 60_000, clock)

  async function store(event: StravaWebhookEvent, subject: string, delivery: Delivery): Promise<Outcome> {
    try {
      const { duplicate } = await publish(bus, {
        subject,
        body: delivery.body,
        messageId: eventKey(event),
        headers: headersOf(delivery, clock.now()),
        timeoutMs: Math.max(LEAST_ACK_MS, ANSWER_WITHIN_MS - delivery.elapsedMs()),
      })
      return duplicate ? 'repeated' : 'stored'
    } catch (error) {
      delivery.logger.warn({ err: error }, 'event not stored')
      return 'unavailable'
    }
  }

  async function take(event: StravaWebhookEvent, subject: string, delivery: Delivery): Promise<Outcome> {
    const standing = await subscription.check(event.subscriptionId)
    if (standing !== 'ours') return standing
    const owner = await owners.check(event.ownerId)
    if (owner === 'unknown') return 'unknown_owner'
    if (owner === 'unchecked' && !mayStoreUnchecked()) return 'unavailable'
    return store(event, subject, delivery)
  }

  return async (delivery) => {
    if (!checkSignature(delivery)) {
      count('unknown', 'unsigned')
      throw unsigned()
    }
    const event = read(delivery.body, () => count('unknown', 'invalid'))
    const subject = stravaEventSubject(event.objectType, event.aspectType, event.ownerId)
    const outcome = await take(event, subject, delivery)
    count(kindOf(subject), outcome)
    if (outcome === 'foreign') throw foreign()
    if (outcome === 'unavailable') throw unavailable()
  }
}

function read(body: Buffer, onInvalid: () => void): StravaWebhookEvent {
  try {
    return readEvent(body)
  } catch (error) {
    onInvalid()
    throw error
  }
}

function headersOf({ requestId, signature }: Delivery, now: number): Record<string, string> {
  const headers = { 'Ikigai-Received-At': new Date(now).toISOString(), 'X-Request-Id': requestId }
  // Kept for whoever comes to know Strava's key; a header that cannot be a signature is not.
  const isPlausible = signature !== undefined && /^[\x21-\x7e]{1,256}$/.test(signature)
  return isPlausible ? { ...headers, 'X-Strava-Signature': signature } : headers
}

/** `activity.create` and the like, from the subject, in which a kind that Strava does not document is `other`. */
const kindOf = (subject: string) => subject.split('.').slice(3, 5).join('.')

function countEvents(registry: Registry): (kind: string, outcome: Outcome) => void {
  const counter = new Counter({
    name: 'webhook_events_total',
    help: "Calls of Strava's webhook by the kind of event and what became of it",
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  })
  return (kind, outcome) => counter.inc({ kind, outcome })
}

const unsigned = () =>
  new Problem({
    status: 403,
    slug: 'signature-refused',
    title: 'Signature refused',
    detail: 'X-Strava-Signature is missing, wrong or too old, and this site takes signed events only.',
  })

const foreign = () =>
  new Problem({
    status: 403,
    slug: 'foreign-subscription',
    title: 'Foreign subscription',
    detail: 'The event belongs to a push subscription that is not the one of this application.',
  })

const unavailable = () =>
  new Problem({
    status: 503,
    slug: 'not-stored',
    title: 'Not stored',
    detail: 'The event could not be stored in time. Send it again.',
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
