import type { Lane, StravaId } from '@ikigai/contracts'
import { athletePresence, type Db, fetchJobs, fetchLanes, servable, type Tx } from '@ikigai/db'
import { eq, sql } from 'drizzle-orm'

/** A job that somebody works on. */
export interface ClaimedJob {
  readonly lane: Lane
  readonly athleteId: StravaId
  readonly activityId: StravaId | undefined
  /** Names this claim: whatever ends it must know it. */
  readonly claim: string
  readonly version: number
  /** Failures before this try. */
  readonly attempts: number
  /** Inbox of whoever waits for the outcome. */
  readonly notify: string | undefined
}

/**
 * Claims the next job of a lane, in the order of `compareTurns`: by pass, among equals who is present, then who came
 * first. One statement; whoever else claims at the same time gets another job.
 */
export async function claimNext(
  db: Db,
  lane: Lane,
  options: { readonly claim: string; readonly leaseMs: number; readonly now: Date },
): Promise<ClaimedJob | undefined> {
  const { claim, leaseMs, now } = options
  const at = sql`${now.toISOString()}::timestamptz`
  const [row] = await db.execute<ClaimedRow>(sql`
    with first_present as (
      select f.* from ${athletePresence} p cross join lateral (
        select lane, athlete_id, activity_id, pass, arrival from ${fetchJobs}
        where lane = ${lane} and athlete_id = p.athlete_id and ${servable(now)}
        order by pass, arrival limit 1) f
      where p.until > ${at} order by f.pass, f.arrival limit 1),
    present as (
      select lane, athlete_id, activity_id, pass, arrival, 0 as rank from ${fetchJobs}
      where (lane, athlete_id, activity_id) in (select lane, athlete_id, activity_id from first_present)
        and ${servable(now)} for update skip locked),
    anybody as (
      select lane, athlete_id, activity_id, pass, arrival, 1 as rank from ${fetchJobs}
      where lane = ${lane} and ${servable(now)} order by pass, arrival limit 1 for update skip locked),
    next as (
      select * from (select * from present union all select * from anybody) either order by pass, rank limit 1),
    claimed as (
      update ${fetchJobs} j
      set claimed_by = ${claim}, claimed_until = now() + ${leaseMs} * interval '1 millisecond', notify = null
      from next n, ${fetchJobs} before
      where (j.lane, j.athlete_id, j.activity_id) = (n.lane, n.athlete_id, n.activity_id)
        and (before.lane, before.athlete_id, before.activity_id) = (n.lane, n.athlete_id, n.activity_id)
      returning j.lane, j.athlete_id, j.activity_id, j.pass, j.version, j.attempts, before.notify),
    served as (
      insert into ${fetchLanes} as l (lane, served_pass) select lane, pass from claimed
      on conflict (lane) do update set served_pass = excluded.served_pass
      where l.served_pass < excluded.served_pass)
    select athlete_id, activity_id, version, attempts, notify from claimed`)
  if (row === undefined) return undefined
  return {
    lane,
    claim,
    athleteId: row.athlete_id,
    activityId: row.activity_id === '0' ? undefined : row.activity_id,
    version: row.version,
    attempts: row.attempts,
    notify: row.notify ?? undefined,
  }
}

type ClaimedRow = {
  athlete_id: StravaId
  activity_id: StravaId
  version: number
  attempts: number
  notify: string | null
}

const own = ({ claim }: ClaimedJob) => eq(fetchJobs.claimedBy, claim)
const unclaimed = { claimedBy: null, claimedUntil: null }

/** Says of all these claims that whoever holds them is alive. */
export async function renewClaims(db: Db, claims: readonly string[], leaseMs: number): Promise<void> {
  if (claims.length === 0) return
  await db.execute(sql`
    update ${fetchJobs} set claimed_until = now() + ${leaseMs} * interval '1 millisecond'
    where claimed_by in (${sql.join(
      claims.map((claim) => sql`${claim}`),
      sql`, `,
    )})`)
}

/** Inboxes of those who wait for the outcome of a job that nobody works on. They are to be told once. */
export async function takeNotices(db: Db, lane: Lane): Promise<string[]> {
  const rows = await db.execute<{ notify: string }>(sql`
    with waiting as (
      select lane, athlete_id, activity_id, notify from ${fetchJobs}
      where lane = ${lane} and notify is not null and claimed_by is null for update skip locked)
    update ${fetchJobs} j set notify = null from waiting w
    where (j.lane, j.athlete_id, j.activity_id) = (w.lane, w.athlete_id, w.activity_id)
    returning w.notify`)
  return rows.map(({ notify }) => notify)
}

/** Ends a job that is done. @returns whether it was asked for again meanwhile, and so stays */
export async function finishJob(db: Db, job: ClaimedJob): Promise<boolean> {
  const [again] = await db.execute(sql`
    with done as (
      delete from ${fetchJobs} where claimed_by = ${job.claim} and version = ${job.version})
    update ${fetchJobs} set claimed_by = null, claimed_until = null, attempts = 0, reason = null
    where claimed_by = ${job.claim} and version <> ${job.version} returning lane`)
  return again !== undefined
}

/** Puts a job back as it was: it keeps its place. */
export async function releaseJob(db: Db, job: ClaimedJob): Promise<void> {
  await db.update(fetchJobs).set(unclaimed).where(own(job))
}

/** Puts a job back for later. `attempts`: its failures, this one included if it counts. */
export async function deferJob(
  db: Db,
  job: ClaimedJob,
  {
    until,
    attempts,
    reason,
  }: { readonly until: Date; readonly attempts: number; readonly reason: string | null },
): Promise<void> {
  await db
    .update(fetchJobs)
    .set({ ...unclaimed, readyAt: until, attempts, reason })
    .where(own(job))
}

/** Gives a job up. @returns whether there still was one */
export async function giveUpJob(tx: Tx, job: ClaimedJob, reason: string, now: Date): Promise<boolean> {
  const rows = await tx
    .update(fetchJobs)
    .set({ ...unclaimed, attempts: job.attempts + 1, reason, deadAt: now })
    .where(own(job))
    .returning({ lane: fetchJobs.lane })
  return rows.length > 0
}
