import { sql } from 'drizzle-orm'
import { bigint, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { athletes } from './athletes.ts'
import { instant, stravaId } from './columns.ts'

const athleteId = () =>
  stravaId('athlete_id')
    .notNull()
    .references(() => athletes.id, { onDelete: 'cascade' })

/**
 * Whose turn it is to have Strava called: one row for each lane and athlete, however much of theirs waits. What is to be
 * fetched stands elsewhere: in `imports`, `listings`, `activities`, and for single activities in `wanted_activities`.
 * Written by the fetcher.
 */
export const fetchQueue = pgTable(
  'fetch_queue',
  {
    lane: text('lane').notNull(),
    athleteId: athleteId(),
    /** The place in the lane: drawn anew when the row goes to the tail. A clock would order by who is ahead. */
    sequence: bigint('sequence', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** When it took that place. */
    queuedAt: instant('queued_at').notNull(),
    /** It has no place in the lane until then; null: it has one. */
    delayedUntil: instant('delayed_until'),
    /** Grows with each request, so that one that comes during the call is seen. */
    requestSeq: integer('request_seq').notNull().default(1),
    /** Attempts that failed, where a lane's work is the athlete's as a whole. */
    attempts: integer('attempts').notNull().default(0),
    /** What the last failure was. */
    failure: text('failure'),
    /** Given up then: only a new request or an operator brings it back. */
    deadAt: instant('dead_at'),
    /** Names the lease of the fetcher that works on it, which renews it as long as it lives. */
    leasedBy: text('leased_by'),
    /** End of the lease by the database's clock: a fetcher that has not renewed it by then is dead. */
    leasedUntil: instant('leased_until'),
    /** Inboxes of those who wait for the outcome. */
    replyTo: text('reply_to').array(),
    /** The trace that asked first (W3C `traceparent`). */
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

/** Single activities that are owed: one row for each lane and activity, however often it was asked for. Written by the fetcher. */
export const wantedActivities = pgTable(
  'wanted_activities',
  {
    /** Why: `newest` of an import, or named by an event of the `webhook`. */
    lane: text('lane').$type<'newest' | 'webhook'>().notNull(),
    athleteId: athleteId(),
    activityId: stravaId('activity_id').notNull(),
    /** The order within the athlete's own, among those that are wanted since the same time. */
    sequence: bigint('sequence', { mode: 'number' }).notNull().generatedByDefaultAsIdentity(),
    /** Grows with each request, so that one that comes during the call is seen. */
    requestSeq: integer('request_seq').notNull().default(1),
    notBefore: instant('not_before').notNull(),
    /** Attempts that failed; waiting is none. */
    attempts: integer('attempts').notNull().default(0),
    /** What the last failure was. */
    failure: text('failure'),
    /** Given up then: only a new request or an operator brings it back. */
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

/** Athletes who are here now, watching: up to every second call of a lane is theirs. */
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
