import { type Bus, publish, stravaEventSubject } from '@ikigai/bus'
import { type Clock, Counter, Problem, type Registry } from '@ikigai/chassis'
import { eventKey, type StravaWebhookEvent } from '@ikigai/strava'
import type { FastifyBaseLogger } from 'fastify'
import type { KnownSubscription } from '../subscription/known-subscription.ts'
import { readEvent } from './event-body.ts'
import { createFixedWindowLimiter } from './fixed-window-limiter.ts'
import type { KnownOwners } from './known-owners.ts'
import type { RefusedEvents } from './refused-events.ts'
import type { SignatureCheck } from './signature-check.ts'

/** One call of the webhook. */
export interface Delivery {
  readonly body: Buffer
  readonly requestId: string
  /** Header `X-Strava-Signature`. */
  readonly signature: string | undefined
  /** Milliseconds since the request arrived. */
  readonly elapsedMs: () => number
  readonly logger: FastifyBaseLogger
}

/**
 * Resolves once JetStream has acknowledged the event, or its owner is known to have no account here.
 *
 * @throws Problem 400, 403 (another subscription; no valid signature where one is required), 422, or 503 when the event
 *   could not be stored in time
 */
export type EventReceiver = (delivery: Delivery) => Promise<void>

export interface ReceiverOptions {
  readonly bus: Bus
  readonly subscription: KnownSubscription
  readonly owners: KnownOwners
  readonly refused: RefusedEvents
  readonly checkSignature: SignatureCheck
  readonly clock: Clock
  /** From the arrival of an event to its answer: ms. */
  readonly answerDeadlineMs: number
  readonly registry: Registry
}

type Outcome =
  | 'stored'
  | 'repeated'
  | 'unknown_owner'
  | 'invalid'
  | 'unsigned'
  | 'other_subscription'
  | 'unavailable'

/** Strava waits 2 seconds for an answer (Strava API docs, webhooks). */
export const ANSWER_DEADLINE_MS = 1_500
/** Minimum time-out of the acknowledgement, even if the checks before it were slow: ms. */
const MIN_ACK_TIMEOUT_MS = 250
const RETRY_AFTER_SECONDS = 5
/**
 * Events of unverified owners that are stored in a minute while Postgres is unavailable: more than Strava sends for
 * athletes that this replica has not cached, and too few for forged events to fill the stream.
 */
const MAX_UNVERIFIED_PER_MINUTE = 1_000

/** Creates the receiver: it checks each event, stores it in the stream and counts the outcome. */
export function createReceiver(options: ReceiverOptions): EventReceiver {
  const { bus, subscription, owners, refused, checkSignature, clock, registry, answerDeadlineMs } = options
  const count = countEvents(registry)
  const mayStoreUnverified = createFixedWindowLimiter(MAX_UNVERIFIED_PER_MINUTE, 60_000, clock)

  async function store(subject: string, messageId: string, delivery: Delivery): Promise<Outcome> {
    try {
      const { duplicate } = await publish(bus, {
        subject,
        body: delivery.body,
        messageId,
        headers: headersOf(delivery, clock.now()),
        timeoutMs: Math.max(MIN_ACK_TIMEOUT_MS, answerDeadlineMs - delivery.elapsedMs()),
      })
      return duplicate ? 'repeated' : 'stored'
    } catch (error) {
      delivery.logger.warn({ err: error }, 'event not stored')
      return 'unavailable'
    }
  }

  async function accept(
    event: StravaWebhookEvent,
    subject: string,
    key: string,
    delivery: Delivery,
  ): Promise<Outcome> {
    const subscriptionMatch = await subscription.check(event.subscriptionId)
    // Not recorded as refused: its id may be invented, and after a change of the subscription all athletes are resynced anyway.
    if (subscriptionMatch !== 'ours') return subscriptionMatch
    const outcome = await storeOurs(event, subject, key, delivery)
    if (outcome === 'unavailable') refused.refused(key, event.ownerId)
    else refused.accepted(key)
    return outcome
  }

  async function storeOurs(
    event: StravaWebhookEvent,
    subject: string,
    key: string,
    delivery: Delivery,
  ): Promise<Outcome> {
    const owner = await owners.check(event.ownerId)
    if (owner === 'unknown') return 'unknown_owner'
    if (owner === 'unverified' && !mayStoreUnverified()) return 'unavailable'
    return store(subject, key, delivery)
  }

  return async (delivery) => {
    if (!checkSignature(delivery)) {
      count('unknown', 'unsigned')
      throw unsigned()
    }
    const event = read(delivery.body, () => count('unknown', 'invalid'))
    const subject = stravaEventSubject(event.objectType, event.aspectType, event.ownerId)
    const key = eventKey(event)
    const outcome = await accept(event, subject, key, delivery)
    count(kindOf(subject), outcome)
    if (outcome === 'other_subscription') throw otherSubscription()
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
  // Stored so that it can be checked once Strava's key is known; other text is dropped.
  const isPlausible = signature !== undefined && /^[\x21-\x7e]{1,256}$/.test(signature)
  return isPlausible ? { ...headers, 'X-Strava-Signature': signature } : headers
}

const KINDS = ['activity.create', 'activity.update', 'activity.delete', 'athlete.update']

/** For example `activity.create`, from the subject, in which an undocumented kind is `other`. */
const kindOf = (subject: string) => subject.split('.').slice(3, 5).join('.')

function countEvents(registry: Registry): (kind: string, outcome: Outcome) => void {
  const counter = new Counter({
    name: 'ikigai_webhook_events_total',
    help: 'Webhook calls of Strava by kind of event and outcome.',
    labelNames: ['kind', 'outcome'],
    registers: [registry],
  })
  // Prometheus does not see an increase of a series that did not exist before.
  for (const kind of KINDS) for (const outcome of ['stored', 'unavailable']) counter.inc({ kind, outcome }, 0)
  return (kind, outcome) => counter.inc({ kind, outcome })
}

const unsigned = () =>
  new Problem({
    status: 403,
    slug: 'signature-refused',
    title: 'Signature refused',
    detail: 'X-Strava-Signature is missing, wrong or too old. This site accepts signed events only.',
  })

const otherSubscription = () =>
  new Problem({
    status: 403,
    slug: 'other-subscription',
    title: 'Other subscription',
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
