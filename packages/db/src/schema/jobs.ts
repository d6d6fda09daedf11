import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { athletes } from './athletes.ts'
import { instant, stravaId } from './columns.ts'

/**
 * Work that is owed to Strava: one row for each lane, athlete and activity, however often it was asked for. The queue
 * itself; messages in `FETCH` are turns, and the worker that receives one takes the lane's next row.
 */
export const fetchJobs = pgTable(
  'fetch_jobs',
  {
    lane: text('lane').notNull(),
    athleteId: stravaId('athlete_id')
      .notNull()
      .references(() => athletes.id, { onDelete: 'cascade' }),
    /** 0: the athlete as a whole. */
    activityId: stravaId('activity_id').notNull().default('0'),
    /** The round of the lane in which it is served; among equals who is present, then who came first. */
    pass: bigint('pass', { mode: 'number' }).notNull(),
    /** Order of arrival. */
    arrival: bigint('arrival', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** Grows with each request, so that one that comes during the call is seen. */
    version: integer('version').notNull().default(1),
    /** Failures so far; waiting is none. */
    attempts: integer('attempts').notNull().default(0),
    /** The last failure. */
    reason: text('reason'),
    queuedAt: instant('queued_at').notNull(),
    /** Not before this. */
    readyAt: instant('ready_at').notNull(),
    /** Id of the lease of the worker, which renews it as long as it runs. */
    claimedBy: text('claimed_by'),
    /** End of the lease, by the database's clock: a worker that has not renewed it by then is dead. */
    claimedUntil: instant('claimed_until'),
    /** Given up then: only a new request or an operator brings it back. */
    deadAt: instant('dead_at'),
    /** Reply inbox of the request that waits for the outcome. */
    notify: text('notify'),
  },
  (table) => [
    primaryKey({ columns: [table.lane, table.athleteId, table.activityId] }),
    index('fetch_jobs_turn_idx').on(table.lane, table.pass, table.arrival).where(sql`dead_at is null`),
    index('fetch_jobs_athlete_idx').on(table.athleteId),
    index('fetch_jobs_claim_idx').on(table.claimedBy).where(sql`claimed_by is not null`),
  ],
)

/** The pass of the job that each lane has served last: where a newcomer begins. */
export const fetchLanes = pgTable('fetch_lanes', {
  lane: text('lane').primaryKey(),
  servedPass: bigint('served_pass', { mode: 'number' }).notNull(),
})

/** Athletes who are here now, watching: first among equals. */
export const athletePresence = pgTable(
  'athlete_presence',
  {
    athleteId: stravaId('athlete_id')
      .primaryKey()
      .references(() => athletes.id, { onDelete: 'cascade' }),
    until: instant('until').notNull(),
  },
  (table) => [index('athlete_presence_until_idx').on(table.until)],
)
