import { type Bus, publish, stravaEventSubject } from '@ikigai/bus'
import { type Clock, Counter, Problem, type Registry } from '@ikigai/chassis'
import { eventKey, type StravaWebhookEvent } from '@ikigai/strava'
import type { FastifyBaseLogger } from 'fastify'
import type { KnownSubscription } from '../subscription/known-subscription.ts'
import { readEvent } from './event-body.ts'

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
 * Resolves once the event is on JetStream's disk.
 *
 * @throws Problem 400, 403 (another subscription), 422, or 503 when it could not be stored in time
 */
export type EventReceiver = (delivery: Delivery) => Promise<void>

/** What receiving events needs. */
export interface ReceiverOptions {
  readonly bus: Bus
  readonly subscription: KnownSubscription
  readonly clock: Clock
  readonly registry: Registry
}

type Outcome = 'stored' | 'repeated' | 'invalid' | 'foreign' | 'unavailable'

/** Strava waits 2 seconds for an answer (Strava API docs, webhooks). */
const ANSWER_WITHIN_MS = 1_500
/** For the acknowledgement, even if something before it was slow. */
const LEAST_ACK_MS = 250
const RETRY_AFTER_SECONDS = 5

/** Makes what takes events in: checked, stored in the stream, counted. */
export function createReceiver({ bus, subscription, clock, registry }: ReceiverOptions): EventReceiver {
  const count = countEvents(registry)

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

  return async (delivery) => {
    const event = read(delivery.body, () => count('unknown', 'invalid'))
    const subject = stravaEventSubject(event.objectType, event.aspectType, event.ownerId)
    const kind = kindOf(subject)
    const standing = await subscription.check(event.subscriptionId)
    const outcome = standing === 'ours' ? await store(event, subject, delivery) : standing
    count(kind, outcome)
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
