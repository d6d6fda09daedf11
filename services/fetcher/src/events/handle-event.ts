import { ack, type Bus, type Disposition, deleteMessage, type JsMsg, term } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { traceHeaders } from '@ikigai/chassis/tracing'
import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db } from '@ikigai/db'
import { parseWebhookEvent, type StravaWebhookEvent } from '@ikigai/strava'
import { eq } from 'drizzle-orm'
import type { AccessTokens } from '../calls/access-tokens.ts'
import { deadLetter } from '../dead-letters.ts'
import { inBatches } from '../in-batches.ts'
import { requestVerification } from '../verifications/pending.ts'
import { isOfEarlierConnection } from './earlier-connection.ts'
import { applyAlone, applyTogether, type TracedEvent } from './event-batch.ts'

/** Dependencies of handling webhook events. */
export interface EventDeps {
  readonly db: Db
  readonly bus: Bus
  readonly tokens: AccessTokens
  readonly clock: Clock
  readonly logger: Logger
  /** Wakes the verifier of reported deauthorizations. */
  readonly wakeVerifier: () => void
}

/** Maximum number of events applied in one transaction. */
const BATCH_SIZE = 64

/** Creates the handler of webhook events. A repeated message has no further effect. */
export function createEventHandler(deps: EventDeps): (message: JsMsg) => Promise<Disposition> {
  const together = inBatches(
    { atMost: BATCH_SIZE, keyOf: ({ event }: TracedEvent) => event.objectId },
    (traced) => applyTogether(deps, traced),
  )
  return async (message) => {
    const parsed = parseWebhookEvent(message.string())
    if (!parsed.ok) {
      await deadLetter(deps.bus, message, { source: 'strava', athleteId: '0' }, 'not an event of Strava')
      return term('not an event of Strava')
    }
    const { event } = parsed
    if (isDeauthorization(event)) return acceptDeauthorization(deps, event, message)
    if (event.objectType !== 'activity') return ack
    const traced = { event, trace: traceHeaders() }
    const hasAccount = (await together(traced)) || (await applyAlone(deps, traced))
    if (!hasAccount) await purge(deps, message)
    return ack
  }
}

/**
 * Deletes the event of an athlete without an account from the stream. ingest drops such events, but may publish one while the
 * athlete is being erased, after which nothing of the athlete may stay.
 */
async function purge({ bus, logger }: EventDeps, message: JsMsg): Promise<void> {
  await deleteMessage(bus, message.info.stream, message.info.streamSequence).catch((error: unknown) => {
    logger.warn({ err: error }, 'an event of an unknown athlete stays in its stream until it expires')
  })
}

/** Whether an event reports a deauthorization: `authorized` is the text "false" (recorded events), or the athlete is deleted. */
function isDeauthorization({ objectType, aspectType, updates }: StravaWebhookEvent): boolean {
  return objectType === 'athlete' && (updates['authorized'] === 'false' || aspectType === 'delete')
}

/**
 * Requests a verification: an event is no proof, and an erasure cannot be undone. The verifier calls Strava later, because a
 * slow answer must not delay other athletes' events.
 */
async function acceptDeauthorization(
  deps: EventDeps,
  event: StravaWebhookEvent,
  message: JsMsg,
): Promise<Disposition> {
  const { db, tokens, clock } = deps
  const connectedAt = await connectionOf(db, event.ownerId)
  if (connectedAt === undefined) {
    await purge(deps, message)
    return ack
  }
  // The athlete has connected again since.
  if (isOfEarlierConnection(event, connectedAt, new Date(clock.now()))) return ack
  tokens.forget(event.ownerId)
  await requestVerification(db, event.ownerId, clock.now())
  deps.wakeVerifier()
  return ack
}

async function connectionOf(db: Db, athleteId: StravaId): Promise<Date | undefined> {
  const [row] = await db
    .select({ connectedAt: athletes.connectedAt })
    .from(athletes)
    .where(eq(athletes.id, athleteId))
  return row?.connectedAt
}
