import { sql } from 'drizzle-orm'
import { bigint, boolean, doublePrecision, index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { athletes } from './athletes.ts'
import { instant, jsonText, stravaId } from './columns.ts'

const owner = () =>
  stravaId('athlete_id')
    .notNull()
    .references(() => athletes.id, { onDelete: 'cascade' })

/** An activity as last confirmed by Strava. Written by the fetcher alone. */
export const activities = pgTable(
  'activities',
  {
    id: stravaId('id').primaryKey(),
    athleteId: owner(),
    name: text('name').notNull(),
    sportType: text('sport_type').notNull(),
    startAt: instant('start_at').notNull(),
    utcOffsetSeconds: integer('utc_offset_seconds').notNull(),
    timeZone: text('time_zone'),
    distanceMeters: doublePrecision('distance_meters').notNull(),
    movingTimeSeconds: integer('moving_time_seconds').notNull(),
    elapsedTimeSeconds: integer('elapsed_time_seconds').notNull(),
    elevationGainMeters: doublePrecision('elevation_gain_meters').notNull(),
    averageSpeed: doublePrecision('average_speed'),
    averageHeartRate: doublePrecision('average_heart_rate'),
    private: boolean('private').notNull(),
    manual: boolean('manual').notNull(),
    summaryPolyline: text('summary_polyline'),
    /** Strava's SummaryActivity and DetailedActivity as they came. */
    summary: jsonText('summary'),
    detail: jsonText('detail'),
    /** When a call was sent whose answer this row shows, or an event was applied: older knowledge does not overwrite it. */
    observedAt: instant('observed_at').notNull(),
    /** When Strava last answered with this activity. */
    confirmedAt: instant('confirmed_at').notNull(),
    detailAt: instant('detail_at'),
    /** `event_time` (epoch seconds) of the newest event applied. */
    eventTime: bigint('event_time', { mode: 'number' }).notNull().default(0),
    /** Not shown since then: an event says that it is gone, and Strava is yet to confirm. */
    hiddenAt: instant('hidden_at'),
  },
  (table) => [
    index('activities_shown_idx')
      .on(table.athleteId, table.startAt.desc(), table.id.desc())
      .where(sql`hidden_at is null`),
  ],
)

/** An activity that is gone: keeps late knowledge from bringing it back. */
export const activityTombstones = pgTable(
  'activity_tombstones',
  {
    activityId: stravaId('activity_id').primaryKey(),
    athleteId: owner(),
    eventTime: bigint('event_time', { mode: 'number' }).notNull(),
    recordedAt: instant('recorded_at').notNull(),
    /** Strava itself has answered that it is gone. */
    confirmed: boolean('confirmed').notNull().default(false),
  },
  (table) => [index('activity_tombstones_athlete_idx').on(table.athleteId)],
)

/** An activity that an event named and whose fetch waits: one call, however many events. */
export const liveRequests = pgTable(
  'live_requests',
  {
    activityId: stravaId('activity_id').primaryKey(),
    athleteId: owner(),
    /** Grows with each event, so that one that comes during the call is seen. */
    version: integer('version').notNull().default(1),
    requestedAt: instant('requested_at').notNull(),
  },
  (table) => [index('live_requests_athlete_idx').on(table.athleteId)],
)

/** Events of Strava already dealt with: a repetition has no effect. */
export const processedEvents = pgTable(
  'processed_events',
  {
    key: text('key').primaryKey(),
    athleteId: owner(),
    processedAt: instant('processed_at').notNull(),
  },
  (table) => [
    index('processed_events_athlete_idx').on(table.athleteId),
    index('processed_events_processed_at_idx').on(table.processedAt),
  ],
)

/** The import of an athlete's history: the truth that `backlog` jobs are derived from. */
export const imports = pgTable('imports', {
  athleteId: stravaId('athlete_id')
    .primaryKey()
    .references(() => athletes.id, { onDelete: 'cascade' }),
  state: text('state').$type<'queued' | 'running' | 'complete'>().notNull(),
  /** Distinguishes the import of this connection from an earlier one. */
  generation: integer('generation').notNull().default(1),
  pages: integer('pages').notNull().default(0),
  /** The next page asks for starts before this (epoch seconds); null is the newest page. */
  cursorBefore: bigint('cursor_before', { mode: 'number' }),
  /** Grows only where more activities share a start second than fit a page. */
  cursorPage: integer('cursor_page').notNull().default(1),
  /** What the last try met, so that the athlete can be told. */
  waitReason: text('wait_reason'),
  waitUntil: instant('wait_until'),
  startedAt: instant('started_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  completedAt: instant('completed_at'),
})

/** How often a job has failed, counted apart from deliveries: waiting for quota is no failure. */
export const jobFailures = pgTable(
  'job_failures',
  {
    key: text('key').primaryKey(),
    athleteId: owner(),
    attempts: integer('attempts').notNull(),
    reason: text('reason').notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (table) => [index('job_failures_athlete_idx').on(table.athleteId)],
)
