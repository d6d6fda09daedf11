import {
  ask,
  type Bus,
  discard,
  done,
  giveBack,
  INTERNAL_API,
  type JsMsg,
  RequestError,
  removeMessage,
  type Verdict,
} from '@ikigai/bus'
import type { Clock, Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { athletes, type Db, processedEvents, type Tx } from '@ikigai/db'
import { eventKey, parseWebhookEvent, type StravaWebhookEvent } from '@ikigai/strava'
import { eq } from 'drizzle-orm'
import { changeAthlete } from '../activities/athlete-lock.ts'
import type { AccessTokens } from '../calls/access-tokens.ts'
import { deadLetter } from '../dead-letters.ts'
import { hurryListing } from '../refresh/schedule.ts'
import { applyActivityEvent } from './apply-event.ts'
import { isOfEarlierConnection } from './earlier-connection.ts'

/** What dealing with Strava's events needs. */
export interface EventDeps {
  readonly db: Db
  readonly bus: Bus
  readonly tokens: AccessTokens
  readonly clock: Clock
  readonly logger: Logger
}

const RETRY_MS = 5_000
/** Strava's clock and ours may differ by so much. */
const CLOCK_MARGIN_MS = 2_000

/** Deals with one event of Strava's webhook; a repetition has no effect. */
export async function handleEvent(deps: EventDeps, message: JsMsg): Promise<Verdict> {
  const parsed = parseWebhookEvent(message.string())
  if (!parsed.ok) {
    await deadLetter(deps.bus, message, { source: 'strava', athleteId: '0' }, 'not an event of Strava')
    return discard('not an event of Strava')
  }
  const { event } = parsed
  if (isDeauthorization(event)) return confirmDeauthorization(deps, event, message)
  if (event.objectType !== 'activity') return done
  const isHere = await changeAthlete(deps.db, event.ownerId, async (tx, athlete) => {
    if (isOfEarlierConnection(event, athlete.connectedAt)) return true
    const now = new Date(deps.clock.now())
    if (await isRepeated(tx, event, now)) return true
    await applyActivityEvent(tx, athlete, event, now)
    return true
  })
  if (isHere === undefined) await forget(deps, message)
  return done
}

/**
 * ingest stores no events of strangers, but may take somebody for an athlete who is just being erased. His event is then
 * not to stay in the stream, or something of him would.
 */
async function forget({ bus, logger }: EventDeps, message: JsMsg): Promise<void> {
  await removeMessage(bus, message).catch((error: unknown) => {
    logger.warn({ err: error }, 'an event of nobody here stays in its stream until its time is over')
  })
}

async function isRepeated(tx: Tx, event: StravaWebhookEvent, now: Date): Promise<boolean> {
  const key = eventKey(event)
  const [known] = await tx
    .select({ processedAt: processedEvents.processedAt })
    .from(processedEvents)
    .where(eq(processedEvents.key, key))
  if (known !== undefined && !mayHaveRecurred(event, known.processedAt, now)) return true
  await tx
    .insert(processedEvents)
    .values({ key, athleteId: event.ownerId, processedAt: now })
    .onConflictDoUpdate({ target: processedEvents.key, set: { processedAt: now } })
  return false
}

/**
 * Strava's time is in whole seconds and its events have no ids, so what happens twice within a second looks the same. A
 * repetition counts again, unless the first one was dealt with after that second: then Strava was asked after both.
 */
function mayHaveRecurred({ eventTime }: StravaWebhookEvent, processedAt: Date, now: Date): boolean {
  const isBelievable = eventTime * 1_000 <= now.getTime() + CLOCK_MARGIN_MS
  return isBelievable && processedAt.getTime() < (eventTime + 1) * 1_000 + CLOCK_MARGIN_MS
}

/** An athlete who withdraws: `authorized` is the text "false" (recorded events); a deletion is taken alike. */
function isDeauthorization({ objectType, aspectType, updates }: StravaWebhookEvent): boolean {
  return objectType === 'athlete' && (updates['authorized'] === 'false' || aspectType === 'delete')
}

/** An event is no proof, and what it asks for cannot be undone: auth asks Strava before anything is erased. */
async function confirmDeauthorization(
  deps: EventDeps,
  event: StravaWebhookEvent,
  message: JsMsg,
): Promise<Verdict> {
  const { db, bus, tokens, clock, logger } = deps
  const connectedAt = await connectionOf(db, event.ownerId)
  if (connectedAt === undefined) {
    await forget(deps, message)
    return done
  }
  // He has connected again since.
  if (isOfEarlierConnection(event, connectedAt)) return done
  tokens.forget(event.ownerId)
  try {
    const { state } = await ask(bus, INTERNAL_API.grantVerify, { athlete_id: event.ownerId }, 20_000)
    if (state === 'unavailable') return giveBack(RETRY_MS)
    logger.info({ state }, 'deauthorization reported')
    // If it was one, he is back: while he was away, Strava told us nothing.
    if (state === 'active') await hurryListing(db, event.ownerId, new Date(clock.now()))
    return done
  } catch (error) {
    if (error instanceof RequestError) return giveBack(RETRY_MS)
    throw error
  }
}

async function connectionOf(db: Db, athleteId: StravaId): Promise<Date | undefined> {
  const [row] = await db
    .select({ connectedAt: athletes.connectedAt })
    .from(athletes)
    .where(eq(athletes.id, athleteId))
  return row?.connectedAt
}
