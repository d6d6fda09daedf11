import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { athletes } from './athletes.ts'
import { instant, stravaId } from './columns.ts'

const athleteId = () =>
  stravaId('athlete_id')
    .notNull()
    .references(() => athletes.id, { onDelete: 'cascade' })

/**
 * The queue of athletes for each lane: one row per lane and athlete, however much work they have. The work itself is in
 * `imports`, `resyncs`, `activities`, and for single activities in `wanted_activities`. Written by the fetcher.
 */
export const fetchQueue = pgTable(
  'fetch_queue',
  {
    lane: text('lane').notNull(),
    athleteId: athleteId(),
    /** Position in the lane; a new number moves the row to the tail. Not a time, because clocks of replicas differ. */
    sequence: bigint('sequence', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** When it got that position. */
    queuedAt: instant('queued_at').notNull(),
    /** End of a delay; null: not delayed. */
    delayedUntil: instant('delayed_until'),
    /** Incremented by each request, so that a request during the call is detected. */
    requestSeq: integer('request_seq').notNull().default(1),
    /** Failed attempts, in lanes without `wanted_activities`. */
    attempts: integer('attempts').notNull().default(0),
    /** Reason of the last failure. */
    failure: text('failure'),
    /** Dead since then: only a new request or an operator queues it again. */
    deadAt: instant('dead_at'),
    /** Name of the current lease, which its fetcher renews. */
    leasedBy: text('leased_by'),
    /** End of the lease, by the database's clock. */
    leasedUntil: instant('leased_until'),
    /** Inboxes to notify of the outcome. */
    replyTo: text('reply_to').array(),
    /** Trace context of the first request (W3C `traceparent`). */
    traceParent: text('trace_parent'),
  },
  (table) => [
    primaryKey({ columns: [table.lane, table.athleteId] }),
    index('fetch_queue_order_idx')
      .on(table.lane, table.sequence)
      .where(sql`delayed_until is null and dead_at is null`),
    index('fetch_queue_delayed_idx')
      .on(table.delayedUntil)
      .where(sql`delayed_until is not null and dead_at is null`),
    index('fetch_queue_athlete_idx').on(table.athleteId),
    index('fetch_queue_lease_idx').on(table.leasedBy).where(sql`leased_by is not null`),
  ],
)

/** Single activities to fetch: one row per lane and activity, however often it was requested. Written by the fetcher. */
export const wantedActivities = pgTable(
  'wanted_activities',
  {
    /** Why: `newest` of an import, or named by an event of the `webhook`. */
    lane: text('lane').$type<'newest' | 'webhook'>().notNull(),
    athleteId: athleteId(),
    activityId: stravaId('activity_id').notNull(),
    /** Order among an athlete's activities with the same `not_before`. */
    sequence: bigint('sequence', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** Incremented by each request, so that a request during the call is detected. */
    requestSeq: integer('request_seq').notNull().default(1),
    notBefore: instant('not_before').notNull(),
    /** Failed attempts; throttling does not count. */
    attempts: integer('attempts').notNull().default(0),
    /** Reason of the last failure. */
    failure: text('failure'),
    /** Dead since then: only a new request or an operator queues it again. */
    deadAt: instant('dead_at'),
  },
  (table) => [
    primaryKey({ columns: [table.lane, table.athleteId, table.activityId] }),
    index('wanted_activities_athlete_idx').on(table.athleteId),
    index('wanted_activities_order_idx')
      .on(table.lane, table.athleteId, table.notBefore, table.sequence)
      .where(sql`dead_at is null`),
  ],
)

/** Athletes who are watching now: they are preferred with up to every second call of a lane. */
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
