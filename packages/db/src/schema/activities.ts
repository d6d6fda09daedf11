import { sql } from 'drizzle-orm'
import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
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
    /** Strava's SummaryActivity and DetailedActivity, unchanged. */
    summary: jsonText('summary'),
    detail: jsonText('detail'),
    /** When the call was sent whose answer this row holds, or the event was applied. Older answers do not overwrite it. */
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
    /** Hidden since then: an event reported a deletion that Strava has not confirmed yet. */
    hiddenAt: instant('hidden_at'),
    /** The newest resync run (`resyncs.run`) that returned it. */
    resyncRun: integer('resync_run'),
    /** A resync missed it then; the deletion is not confirmed yet. */
    missingSince: instant('missing_since'),
  },
  (table) => [
    // Of hidden ones as well: an erasure deletes by it.
    index('activities_newest_idx').on(table.athleteId, table.startAt.desc(), table.id.desc()),
    index('activities_missing_idx').on(table.athleteId, table.id).where(sql`missing_since is not null`),
    index('activities_hidden_idx').on(table.athleteId).where(sql`hidden_at is not null`),
    index('activities_confirmed_at_idx').on(table.confirmedAt),
    index('activities_detail_at_idx').on(table.detailAt).where(sql`detail_at is not null`),
  ],
)

/** A deleted activity: prevents late answers from restoring it. */
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
 * Events of Strava already dealt with: a repetition has no effect. An event is `open` until an answer of Strava's about its
 * activity confirms it (something differs from what was stored before the event) or refutes it.
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
    /** Calls of Strava made for this event that did not confirm it. */
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
  /** Lists in a row that confirmed no event. */
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
     * `listing`: reads the history page by page; `verifying`: asks Strava for each activity that the pages lacked;
     * `sampling`: asks for a sample of the quarantined activities before deleting them all.
     */
    state: text('state').$type<'idle' | 'listing' | 'verifying' | 'sampling'>().notNull().default('idle'),
    /** `imports.generation` of the connection that it belongs to. */
    generation: integer('generation').notNull(),
    /** Number of the current or last run. `activities.resync_run` refers to it. */
    run: integer('run').notNull().default(0),
    /** Calls made in this run. A job that is repeated after a crash sees by it that its page is already stored. */
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
    /** This run cannot prove a deletion: it ended early, had a gap between pages or an unreadable item, or clocks disagreed. */
    incomplete: boolean('incomplete').notNull().default(false),
    /** The last missing activity that was verified; they are verified in the order of their ids. */
    verifiedUpTo: stravaId('verified_up_to'),
    /** Activities of the sample that Strava did not find. */
    sampled: integer('sampled').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    /** When this run, or the import before the first run, started. */
    startedAt: instant('started_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** When the last complete run started. */
    completeAt: instant('complete_at'),
    dueAt: instant('due_at').notNull(),
    /** Since when deletions are quarantined: too many to be applied without another run that misses the same activities. */
    quarantinedSince: instant('quarantined_since'),
    /** Number of quarantined deletions. */
    quarantined: integer('quarantined').notNull().default(0),
    /** An operator approved them: the next run that misses the same activities deletes them. */
    approved: boolean('approved').notNull().default(false),
  },
  (table) => [
    index('resyncs_due_idx').on(table.dueAt).where(sql`state = 'idle'`),
    index('resyncs_moving_idx').on(table.updatedAt).where(sql`state <> 'idle'`),
  ],
)
