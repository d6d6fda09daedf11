import { ack, type Bus, type Disposition, deleteMessage, type JsMsg, term } from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import { traceHeaders } from '@ikigai/chassis/tracing'
import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db } from '@ikigai/db'
import { parseWebhookEvent, type StravaWebhookEvent } from '@ikigai/strava'
import { eq } from 'drizzle-orm'
import type { AccessTokens } from '../calls/access-tokens.ts'
import { deadLetter } from '../dead-letters.ts'
import { requestVerification } from '../verifications/pending.ts'
import { isOfEarlierConnection } from './earlier-connection.ts'
import { applyAlone, applyTogether, type TracedEvent } from './event-batch.ts'
import { inBatches } from './in-batches.ts'

/** What dealing with Strava's events needs. */
export interface EventDeps {
  readonly db: Db
  readonly bus: Bus
  readonly tokens: AccessTokens
  readonly clock: Clock
  readonly logger: Logger
  /** Says that a reported deauthorization waits to be verified. */
  readonly wakeVerifier: () => void
}

/** Events applied in one transaction. */
const BATCH_SIZE = 64

/** Deals with the events of Strava's webhook; a repetition has no effect. */
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
    if (isDeauthorization(event)) return noteDeauthorization(deps, event, message)
    if (event.objectType !== 'activity') return ack
    const traced = { event, trace: traceHeaders() }
    const isHere = (await together(traced)) || (await applyAlone(deps, traced))
    if (!isHere) await forget(deps, message)
    return ack
  }
}

/**
 * ingest stores no events of strangers, but may take somebody for an athlete who is just being erased. His event is then
 * not to stay in the stream, or something of him would.
 */
async function forget({ bus, logger }: EventDeps, message: JsMsg): Promise<void> {
  await deleteMessage(bus, message.info.stream, message.info.streamSequence).catch((error: unknown) => {
    logger.warn({ err: error }, 'an event of nobody here stays in its stream until its time is over')
  })
}

/** An athlete who withdraws: `authorized` is the text "false" (recorded events); a deletion is taken alike. */
function isDeauthorization({ objectType, aspectType, updates }: StravaWebhookEvent): boolean {
  return objectType === 'athlete' && (updates['authorized'] === 'false' || aspectType === 'delete')
}

/**
 * An event is no proof, and what it asks for cannot be undone, so Strava is asked first: by a loop of its own, because that
 * takes as long as Strava likes, and other athletes' events wait behind this one.
 */
async function noteDeauthorization(
  deps: EventDeps,
  event: StravaWebhookEvent,
  message: JsMsg,
): Promise<Disposition> {
  const { db, tokens, clock } = deps
  const connectedAt = await connectionOf(db, event.ownerId)
  if (connectedAt === undefined) {
    await forget(deps, message)
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
