import { type Bus, readSubject, STREAMS } from '@ikigai/bus'
import { isValid } from '@ikigai/chassis/validation'
import { EVENT_DATA, eventSubject, type StravaId } from '@ikigai/contracts'
import { athletes, restores } from '@ikigai/db'
import { and, eq, inArray, isNull, lt } from 'drizzle-orm'
import { MAX_CLOCK_SKEW_MS } from '../clock-skew.ts'
import { athleteTransaction } from '../grants/athlete-transaction.ts'
import { type AccountDeps, completeErasure } from './disconnect.ts'
import { type Erasure, eraseAthlete } from './erase-athlete.ts'

/**
 * After a restore from a backup, erases athletes again who had been erased since the backup: those with an
 * `athlete.disconnected` in the stream EVENTS that is later than their account. The stream keeps that event for 30 days and is
 * not part of a backup. If NATS was lost too, the verification of every grant at Strava, which the migration requested, decides.
 *
 * Runs before auth serves requests. Does nothing unless the database was restored.
 */
export async function reapplyErasures(deps: AccountDeps & { readonly bus: Bus }): Promise<void> {
  const { db, bus, clock, logger } = deps
  const pending = await db
    .select({ id: restores.id })
    .from(restores)
    .where(isNull(restores.erasuresAppliedAt))
  if (pending.length === 0) return
  const disconnections = await disconnectedAt(bus)
  let erased = 0
  for (const [athleteId, at] of disconnections) if (await eraseIfOlder(deps, athleteId, at)) erased += 1
  const ids = pending.map(({ id }) => id)
  await db
    .update(restores)
    .set({ erasuresAppliedAt: new Date(clock.now()) })
    .where(inArray(restores.id, ids))
  logger.warn(
    { disconnections: disconnections.size, erased },
    'restored from a backup: later erasures have been applied again; grants are being verified at Strava',
  )
}

/** When each athlete last disconnected: epoch ms. */
async function disconnectedAt(bus: Bus): Promise<ReadonlyMap<StravaId, number>> {
  const last = new Map<StravaId, number>()
  const subject = eventSubject('athlete.disconnected', '*')
  await readSubject(bus, { stream: STREAMS.events, subject }, (message) => {
    const data: unknown = message.json()
    if (isValid(EVENT_DATA['athlete.disconnected'], data)) last.set(data.athlete_id, Date.parse(data.at))
  })
  return last
}

/** Erases an athlete whose account is older than `at`. An account of about the same time is left to the verification. */
async function eraseIfOlder(deps: AccountDeps, athleteId: StravaId, at: number): Promise<boolean> {
  const { db, store, seal, clock } = deps
  let erasure: Erasure | undefined
  await athleteTransaction(db, athleteId, async (tx) => {
    const isOlder = and(
      eq(athletes.id, athleteId),
      lt(athletes.connectedAt, new Date(at - MAX_CLOCK_SKEW_MS)),
    )
    if ((await tx.$count(athletes, isOlder)) === 0) return
    const grant = await store.read(tx, athleteId)
    erasure = await eraseAthlete(tx, { seal, now: new Date(clock.now()) }, athleteId, grant?.tokens ?? null)
  })
  if (erasure === undefined) return false
  await completeErasure(deps, erasure, 'disconnected before the restore')
  return true
}
