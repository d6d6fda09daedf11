import { type AnyColumn, type SQL, sql } from 'drizzle-orm'

/**
 * Maximum tolerated difference between the clocks of replicas, database and Strava. A stored time further in the future
 * was written by a wrong clock.
 */
export const CLOCK_BOUND_MS = 300_000

/** Added where an order of events depends on two clocks that work: they differ by less than this. */
export const CLOCK_MARGIN_MS = 60_000

/** The latest time that is plausible now: later ones were written by a wrong clock. */
export const latestPlausible = (now: Date): Date => new Date(now.getTime() + CLOCK_BOUND_MS)

/** The condition that a stored time was written by a wrong clock. Such a time must not block newer data. */
export const isInFuture = (column: AnyColumn | SQL, now: Date): SQL =>
  sql`${column} > ${latestPlausible(now).toISOString()}::timestamptz`
