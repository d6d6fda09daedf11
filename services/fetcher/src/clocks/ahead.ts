import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

/**
 * Clocks of replicas, of the database and of Strava may differ by so much. A stored time that lies further ahead was
 * written by a clock that was wrong.
 */
export const CLOCK_BOUND_MS = 300_000

/** Times after this are yet to come, whatever wrote them. */
export const aheadOf = (now: Date): Date => new Date(now.getTime() + CLOCK_BOUND_MS)

/** The condition that a stored time is yet to come. It keeps nothing out: it would for as long as a clock was wrong. */
export const isAhead = (column: AnyColumn | SQL, now: Date): SQL =>
  sql`${column} > ${aheadOf(now).toISOString()}::timestamptz`
