import type { Clock, Logger } from '@ikigai/chassis'
import { type Carrier, inSpan, SpanKind } from '@ikigai/chassis/tracing'
import type { StravaId } from '@ikigai/contracts'
import { type Db, sendWithCommit, type Tx } from '@ikigai/db'
import type { StravaWebhookEvent } from '@ikigai/strava'
import { type LockedAthlete, lockAthletes, withAthleteLockAndRead } from '../activities/athlete-lock.ts'
import { expediteResync } from '../resync/schedule.ts'
import { schedule } from '../schedule/schedule.ts'
import { applyActivityEvent, removeRefutedTombstones, workOf } from './apply-event.ts'
import { isOfEarlierConnection } from './earlier-connection.ts'
import { checkOf, type EventCheck, MAX_RECORDED_EVENTS } from './event-budget.ts'
import { isRepetition, type Known, readKnown, recordEvents } from './processed-events.ts'

/** Dependencies of applying events. */
export interface ApplyDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
}

/** An event about an activity, with the trace context of its message. */
export interface TracedEvent {
  readonly event: StravaWebhookEvent
  readonly trace: Carrier
}

/**
 * Applies events about distinct activities in one transaction, without waiting for locks; if anything fails, none is applied.
 * @returns for each event whether it was applied; apply the others with {@link applyAlone}
 */
export async function applyTogether(
  { db, clock, logger }: ApplyDeps,
  traced: readonly TracedEvent[],
): Promise<readonly boolean[]> {
  try {
    return await db.transaction(async (tx) => {
      const now = new Date(clock.now())
      const owners = [...new Set(traced.map(({ event }) => event.ownerId))]
      // Pipelined: PostgreSQL runs the second after the first has the locks.
      const [athletes, known] = await Promise.all([lockAthletes(tx, owners), readEach(tx, traced, now)])
      const athletesById = new Map(athletes.map((athlete) => [athlete.id, athlete]))
      await applyKnown(tx, athletesById, traced, known, now)
      return traced.map(({ event }) => athletesById.has(event.ownerId))
    })
  } catch (error) {
    logger.warn({ err: error, events: traced.length }, 'events could not be applied together')
    return traced.map(() => false)
  }
}

/** Applies one event; waits for the athlete's lock. @returns whether the athlete has an account */
export async function applyAlone({ db, clock }: ApplyDeps, traced: TracedEvent): Promise<boolean> {
  const { ownerId } = traced.event
  const now = () => new Date(clock.now())
  const apply = async (tx: Tx, athlete: LockedAthlete, known: readonly Known[]) => {
    await applyKnown(tx, new Map([[ownerId, athlete]]), [traced], known, now())
    return true
  }
  const read = (tx: Tx) => readEach(tx, [traced], now())
  return (await withAthleteLockAndRead(db, ownerId, apply, undefined, read)) === true
}

const readEach = (tx: Tx, traced: readonly TracedEvent[], now: Date) =>
  readKnown(
    tx,
    traced.map(({ event }) => event),
    now,
  )

/** An event that counts, and how it is to be checked. */
interface Accepted extends TracedEvent {
  readonly athlete: LockedAthlete
  readonly known: Known
  readonly check: EventCheck
  /** Beyond {@link MAX_RECORDED_EVENTS}: it is not recorded, and only a resync is certain to cover it. */
  readonly isTooMany: boolean
}

/**
 * Drops repetitions and events of an earlier connection, and decides how each of the others is verified. An athlete's events use
 * up the budget in their order.
 * @param knownOf the state before each event, in their order
 */
function accept(
  athletesById: ReadonlyMap<StravaId, LockedAthlete>,
  traced: readonly TracedEvent[],
  knownOf: readonly Known[],
  now: Date,
): Accepted[] {
  const recorded = new Map<StravaId, number>()
  return traced.flatMap(({ event, trace }, place) => {
    const athlete = athletesById.get(event.ownerId)
    const known = knownOf[place]
    if (athlete === undefined || known === undefined) return []
    if (isOfEarlierConnection(event, athlete.connectedAt, now) || isRepetition(event, known, now)) return []
    const before = recorded.get(event.ownerId) ?? 0
    const unconfirmed = known.unconfirmed + before
    const isTooMany = unconfirmed >= MAX_RECORDED_EVENTS
    if (!isTooMany) recorded.set(event.ownerId, before + 1)
    const check = isTooMany ? 'list' : checkOf(unconfirmed + 1, known.stored !== undefined)
    return [{ event, trace, athlete, known, check, isTooMany }]
  })
}

async function applyKnown(
  tx: Tx,
  athletesById: ReadonlyMap<StravaId, LockedAthlete>,
  traced: readonly TracedEvent[],
  knownOf: readonly Known[],
  now: Date,
): Promise<void> {
  const accepted = accept(athletesById, traced, knownOf, now)
  if (accepted.length === 0) return
  const eventsOf = (which: (each: Accepted) => boolean) => accepted.filter(which).map(({ event }) => event)
  const begun = [
    recordEvents(
      tx,
      eventsOf(({ isTooMany }) => !isTooMany),
      now,
    ),
    removeRefutedTombstones(
      tx,
      eventsOf(({ check }) => check === 'call'),
      now,
    ),
  ]
  for (const { event, trace, athlete, known, check, isTooMany } of accepted) {
    const { stored } = known
    if (check === 'call' && (stored !== undefined || event.aspectType === 'delete')) {
      await Promise.all(begun)
      const span = { kind: SpanKind.INTERNAL, parent: trace }
      await inSpan('apply event', span, () => applyActivityEvent(tx, athlete, event, { stored, check, now }))
    }
    if (isTooMany) {
      await Promise.all(begun)
      await expediteResync(tx, athlete.id, now)
    }
  }
  const work = accepted.map(({ event, trace, check }) => ({ ...workOf(event, check), trace }))
  await sendWithCommit(tx, () => Promise.all([...begun, schedule(tx, work, now)]))
}
