import type { StravaId } from '@ikigai/contracts'
import { type Db, grantVerifications } from '@ikigai/db'
import { and, eq, isNull, lte, sql } from 'drizzle-orm'

/** Minimum time between the starts of two verifications of an athlete. */
const VERIFICATION_INTERVAL_MS = 3_600_000

/** Lease on a verification, by the database's clock: ms. If a replica dies, another one takes over after it. */
const LEASE_MS = 120_000

const instantOf = (epochMs: number) => sql`${new Date(epochMs).toISOString()}::timestamptz`

/**
 * Stores a reported deauthorization: one row per athlete, however many reports. A report that arrives during a verification, or
 * within {@link VERIFICATION_INTERVAL_MS} after its start, is verified when that time is over.
 */
export async function requestVerification(db: Db, athleteId: StravaId, now: number): Promise<void> {
  const at = instantOf(now)
  await db
    .insert(grantVerifications)
    .values({ athleteId, requestedAt: at, notBefore: at })
    .onConflictDoUpdate({
      target: grantVerifications.athleteId,
      set: { requestedAt: at },
      setWhere: isNull(grantVerifications.requestedAt),
    })
}

/** A verification that this replica has leased. */
export interface LeasedVerification {
  readonly athleteId: StravaId
  /** Consecutive attempts that found Strava or auth unavailable. */
  readonly attempts: number
}

/**
 * Leases up to `limit` due verifications, each to one replica. A time further in the future than this release ever sets
 * was written by a wrong clock and counts as due.
 */
export function leaseDue(db: Db, now: number, limit: number): Promise<readonly LeasedVerification[]> {
  return db.execute<{ athleteId: StravaId; attempts: number }>(sql`
    update ${grantVerifications} v
    set requested_at = null, leased_until = now() + ${LEASE_MS} * interval '1 millisecond',
      not_before = ${instantOf(now + VERIFICATION_INTERVAL_MS)}
    from (
      select athlete_id from ${grantVerifications}
      where leased_until < now()
        or (leased_until is null and requested_at is not null
          and (not_before <= ${instantOf(now)} or not_before > ${instantOf(now + 2 * VERIFICATION_INTERVAL_MS)}))
      order by not_before limit ${limit} for update skip locked) due
    where v.athlete_id = due.athlete_id
    returning v.athlete_id::text as "athleteId", v.attempts`)
}

/** Ends a verification. The athlete's next one starts {@link VERIFICATION_INTERVAL_MS} after this one started, at the earliest. */
export async function settleVerification(db: Db, athleteId: StravaId): Promise<void> {
  await db
    .update(grantVerifications)
    .set({ leasedUntil: null, attempts: 0 })
    .where(eq(grantVerifications.athleteId, athleteId))
}

/** Postpones a verification that could not be carried out to `notBefore` (epoch ms). */
export async function postponeVerification(
  db: Db,
  { athleteId, attempts }: LeasedVerification,
  { now, notBefore }: { readonly now: number; readonly notBefore: number },
): Promise<void> {
  await db
    .update(grantVerifications)
    .set({
      leasedUntil: null,
      requestedAt: sql`coalesce(${grantVerifications.requestedAt}, ${instantOf(now)})`,
      notBefore: new Date(notBefore),
      attempts: attempts + 1,
    })
    .where(eq(grantVerifications.athleteId, athleteId))
}

/** Deletes rows without a pending report whose interval is over. */
export async function deleteSettled(db: Db, now: number): Promise<void> {
  await db
    .delete(grantVerifications)
    .where(
      and(
        isNull(grantVerifications.requestedAt),
        isNull(grantVerifications.leasedUntil),
        lte(grantVerifications.notBefore, new Date(now)),
      ),
    )
}
