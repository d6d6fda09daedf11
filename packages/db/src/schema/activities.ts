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
    /** Strava's SummaryActivity and DetailedActivity as they came. */
    summary: jsonText('summary'),
    detail: jsonText('detail'),
    /** When a call was sent whose answer this row shows, or an event was applied: older knowledge does not overwrite it. */
    observedAt: instant('observed_at').notNull(),
    /** When Strava last answered with this activity. */
    confirmedAt: instant('confirmed_at').notNull(),
    detailAt: instant('detail_at'),
    /** When the detail was last asked for in vain. */
    detailFailedAt: instant('detail_failed_at'),
    /** When its athlete last looked at it. */
    viewedAt: instant('viewed_at'),
    /** `event_time` (epoch seconds) of the newest event applied. */
    eventTime: bigint('event_time', { mode: 'number' }).notNull().default(0),
    /** Not shown since then: an event says that it is gone, and Strava is yet to confirm. */
    hiddenAt: instant('hidden_at'),
    /** The newest listing (`listings.cycle`) that showed it. */
    listedIn: integer('listed_in'),
    /** A complete listing lacked it then; whether it is gone is yet to be confirmed. */
    missingSince: instant('missing_since'),
  },
  (table) => [
    index('activities_shown_idx')
      .on(table.athleteId, table.startAt.desc(), table.id.desc())
      .where(sql`hidden_at is null`),
    index('activities_missing_idx').on(table.athleteId, table.id).where(sql`missing_since is not null`),
    index('activities_hidden_idx').on(table.athleteId).where(sql`hidden_at is not null`),
    index('activities_confirmed_at_idx').on(table.confirmedAt),
    index('activities_detail_at_idx').on(table.detailAt).where(sql`detail_at is not null`),
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
    /** Digest of what was stored of the activity before the event; null: nothing. */
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

/** The import of an athlete's history: the truth that `backfill` jobs are derived from. */
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
  /** Grows only where more activities share a start second than fit a page, or nothing of a page can be read. */
  cursorPage: integer('cursor_page').notNull().default(1),
  /** Parameters of that page: see `Walk` of the Strava client. */
  cursorStep: text('cursor_step')
    .$type<'onward' | 'probe' | 'confirm' | 'return' | 'past' | 'wary'>()
    .notNull()
    .default('onward'),
  /** Items of its pages that could not be read. */
  unreadable: integer('unreadable').notNull().default(0),
  /** The last failure, shown to the athlete. */
  waitReason: text('wait_reason'),
  waitUntil: instant('wait_until'),
  /** What was last told of its length and end: `ToldEta` of the forecast. */
  toldEta: jsonb('told_eta'),
  /** `athletes.connected_at` of the connection that it is the import of. */
  connectedAt: instant('connected_at'),
  startedAt: instant('started_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  completedAt: instant('completed_at'),
})

/**
 * The re-listing of an athlete's history: where the one under way stands, and when the next is due. The truth that
 * `resync` jobs are derived from.
 */
export const listings = pgTable(
  'listings',
  {
    athleteId: stravaId('athlete_id')
      .primaryKey()
      .references(() => athletes.id, { onDelete: 'cascade' }),
    /**
     * `listing`: page by page; `asking`: one by one for what was missing in it; `sampling`: for a few of what has been
     * held, before all of it is believed to be gone.
     */
    state: text('state').$type<'idle' | 'listing' | 'asking' | 'sampling'>().notNull().default('idle'),
    /** `imports.generation` of the connection that it belongs to. */
    generation: integer('generation').notNull(),
    /** Grows with each listing; activities remember the one that showed them. */
    cycle: integer('cycle').notNull().default(0),
    /** Calls of this listing so far: shows a repeated job that its page is stored. */
    steps: integer('steps').notNull().default(0),
    /** As in `imports`. */
    cursorBefore: bigint('cursor_before', { mode: 'number' }),
    cursorPage: integer('cursor_page').notNull().default(1),
    cursorStep: text('cursor_step')
      .$type<'onward' | 'probe' | 'confirm' | 'return' | 'past' | 'wary'>()
      .notNull()
      .default('onward'),
    /** Items of its pages that could not be read. */
    unreadable: integer('unreadable').notNull().default(0),
    /** Something in this listing makes it no proof of what it lacks. */
    flawed: boolean('flawed').notNull().default(false),
    /** The activity asked for last, in the order of ids. */
    askedId: stravaId('asked_id'),
    /** How many of the sample Strava did not find. */
    sampled: integer('sampled').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    /** When it, or the import before the first one, began. */
    startedAt: instant('started_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** When the last complete listing began. */
    completeAt: instant('complete_at'),
    dueAt: instant('due_at').notNull(),
    /** A complete listing lacked so much since then that nothing of it is believed without another one. */
    heldSince: instant('held_since'),
    /** How many activities are held. */
    held: integer('held').notNull().default(0),
    /** An operator believes it: the next complete listing that says the same is enough. */
    released: boolean('released').notNull().default(false),
  },
  (table) => [
    index('listings_due_idx').on(table.dueAt).where(sql`state = 'idle'`),
    index('listings_moving_idx').on(table.updatedAt).where(sql`state <> 'idle'`),
  ],
)
