import { sql } from 'drizzle-orm'
import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { athletes } from './athletes.ts'
import { instant, jsonText, stravaId } from './columns.ts'

const owner = () =>
  stravaId('athlete_id')
    .notNull()
    .references(() => athletes.id, { onDelete: 'cascade' })

/** An activity as last confirmed by Strava. Written only by the fetcher. */
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
    /** Strava's SummaryActivity and DetailedActivity, unchanged. */
    summary: jsonText('summary'),
    detail: jsonText('detail'),
    /** When the call with this answer was sent, or the event was applied. Older answers do not overwrite the row. */
    observedAt: instant('observed_at').notNull(),
    /** When Strava last answered with this activity. */
    confirmedAt: instant('confirmed_at').notNull(),
    detailAt: instant('detail_at'),
    /** When the last call for the detail failed. */
    detailFailedAt: instant('detail_failed_at'),
    /** When the athlete last viewed it. */
    viewedAt: instant('viewed_at'),
    /** `event_time` (epoch seconds) of the newest event applied. */
    eventTime: bigint('event_time', { mode: 'number' }).notNull().default(0),
    /** Since when it is hidden, because an event reported a deletion that Strava has not confirmed yet. */
    hiddenAt: instant('hidden_at'),
    /** The newest resync run (`resyncs.run`) that returned it. */
    resyncRun: integer('resync_run'),
    /** When a resync missed it; the deletion is not confirmed yet. */
    missingSince: instant('missing_since'),
  },
  (table) => [
    // Includes hidden activities, because an erasure uses this index.
    index('activities_newest_idx').on(table.athleteId, table.startAt.desc(), table.id.desc()),
    index('activities_missing_idx').on(table.athleteId, table.id).where(sql`missing_since is not null`),
    index('activities_hidden_idx').on(table.athleteId).where(sql`hidden_at is not null`),
    index('activities_confirmed_at_idx').on(table.confirmedAt),
    index('activities_detail_at_idx').on(table.detailAt).where(sql`detail_at is not null`),
  ],
)

/** A deleted activity: late messages must not bring it back. */
export const activityTombstones = pgTable(
  'activity_tombstones',
  {
    activityId: stravaId('activity_id').primaryKey(),
    athleteId: owner(),
    eventTime: bigint('event_time', { mode: 'number' }).notNull(),
    recordedAt: instant('recorded_at').notNull(),
    /** Strava answered 404 for it. */
    confirmed: boolean('confirmed').notNull().default(false),
  },
  (table) => [
    index('activity_tombstones_athlete_idx').on(table.athleteId),
    index('activity_tombstones_recorded_at_idx').on(table.recordedAt),
  ],
)

/**
 * Processed events of Strava: a repetition has no effect. An event is `open` until an answer of Strava about its
 * activity confirms it (the activity differs from the one stored before the event) or refutes it.
 */
export const processedEvents = pgTable(
  'processed_events',
  {
    key: text('key').primaryKey(),
    athleteId: owner(),
    activityId: stravaId('activity_id').notNull(),
    processedAt: instant('processed_at').notNull(),
    /** Digest of the stored activity before the event; null if there was none. */
    before: text('before'),
    outcome: text('outcome').$type<'open' | 'confirmed' | 'refuted'>().notNull().default('open'),
    /** Calls to Strava made for this event that did not confirm it. */
    calls: integer('calls').notNull().default(0),
  },
  (table) => [
    index('processed_events_unconfirmed_idx')
      .on(table.athleteId, table.processedAt)
      .where(sql`outcome <> 'confirmed'`),
    index('processed_events_athlete_idx').on(table.athleteId),
    index('processed_events_processed_at_idx').on(table.processedAt),
  ],
)

/** When the newest activities of an athlete were last listed because too many events named them one by one. */
export const catchUps = pgTable('catch_ups', {
  athleteId: stravaId('athlete_id')
    .primaryKey()
    .references(() => athletes.id, { onDelete: 'cascade' }),
  listedAt: instant('listed_at').notNull(),
  /** Consecutive lists that confirmed no event. */
  fruitless: integer('fruitless').notNull(),
})

/** The import of an athlete's history. `backfill` jobs are derived from it. */
export const imports = pgTable(
  'imports',
  {
    athleteId: stravaId('athlete_id')
      .primaryKey()
      .references(() => athletes.id, { onDelete: 'cascade' }),
    state: text('state').$type<'queued' | 'running' | 'complete'>().notNull(),
    /** Distinguishes the import of this connection from an earlier one. */
    generation: integer('generation').notNull().default(1),
    pages: integer('pages').notNull().default(0),
    /** The next page requests activities that start before this (epoch seconds); null: the newest page. */
    cursorBefore: bigint('cursor_before', { mode: 'number' }),
    /** Above 1 only if more activities share a start second than fit a page, or no item of a page can be parsed. */
    cursorPage: integer('cursor_page').notNull().default(1),
    /** Parameters of that page: see `Walk` of the Strava client. */
    cursorStep: text('cursor_step')
      .$type<'onward' | 'probe' | 'confirm' | 'return' | 'past' | 'wary'>()
      .notNull()
      .default('onward'),
    /** Items of its pages that could not be parsed. */
    unreadable: integer('unreadable').notNull().default(0),
    /** The last failure, shown to the athlete. */
    waitReason: text('wait_reason'),
    waitUntil: instant('wait_until'),
    /** The ETA that clients see: `PublishedEta` of the package forecast. */
    publishedEta: jsonb('published_eta'),
    /** `athletes.connected_at` of its connection. */
    connectedAt: instant('connected_at'),
    startedAt: instant('started_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    completedAt: instant('completed_at'),
  },
  (table) => [index('imports_running_idx').on(table.updatedAt).where(sql`state <> 'complete'`)],
)

/**
 * The resync of an athlete's history: the progress of the current run, and when the next one is due. `resync` jobs are
 * derived from it.
 */
export const resyncs = pgTable(
  'resyncs',
  {
    athleteId: stravaId('athlete_id')
      .primaryKey()
      .references(() => athletes.id, { onDelete: 'cascade' }),
    /**
     * `listing`: reads the history page by page; `verifying`: fetches each missing activity; `sampling`: fetches a sample of
     * the quarantined activities before deleting all of them.
     */
    state: text('state').$type<'idle' | 'listing' | 'verifying' | 'sampling'>().notNull().default('idle'),
    /** `imports.generation` of the connection that it belongs to. */
    generation: integer('generation').notNull(),
    /** Number of the current or last run. `activities.resync_run` refers to it. */
    run: integer('run').notNull().default(0),
    /** Calls made in this run. Shows a job that is repeated after a crash that its page is already stored. */
    step: integer('step').notNull().default(0),
    /** As in `imports`. */
    cursorBefore: bigint('cursor_before', { mode: 'number' }),
    cursorPage: integer('cursor_page').notNull().default(1),
    cursorStep: text('cursor_step')
      .$type<'onward' | 'probe' | 'confirm' | 'return' | 'past' | 'wary'>()
      .notNull()
      .default('onward'),
    /** Items of its pages that could not be parsed. */
    unreadable: integer('unreadable').notNull().default(0),
    /** Whether this run cannot prove a deletion: it ended early, had a gap or an unreadable item, or clocks disagreed. */
    incomplete: boolean('incomplete').notNull().default(false),
    /** The last missing activity that was verified; they are verified in the order of their ids. */
    verifiedUpTo: stravaId('verified_up_to'),
    /** Activities of the sample for which Strava answered 404. */
    sampled: integer('sampled').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    /** When this run, or the import before the first run, started. */
    startedAt: instant('started_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** When the last complete run started. */
    completeAt: instant('complete_at'),
    dueAt: instant('due_at').notNull(),
    /** Since when deletions are quarantined, because one run missed too many activities. */
    quarantinedSince: instant('quarantined_since'),
    /** Number of quarantined deletions. */
    quarantined: integer('quarantined').notNull().default(0),
    /** Whether an operator approved them: the next run that misses the same activities deletes them. */
    approved: boolean('approved').notNull().default(false),
  },
  (table) => [
    index('resyncs_due_idx').on(table.dueAt).where(sql`state = 'idle'`),
    index('resyncs_moving_idx').on(table.updatedAt).where(sql`state <> 'idle'`),
  ],
)
