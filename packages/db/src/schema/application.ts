import { bigint, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, stravaId } from './columns.ts'

/** The quota ledger of the Strava application: one row, one document. */
export const quotaLedger = pgTable('quota_ledger', {
  id: text('id').primaryKey(),
  /** Incremented by each write, which requires the value it has read: optimistic concurrency control. */
  version: bigint('version', { mode: 'number' }).notNull().default(0),
  state: jsonb('state').notNull(),
  updatedAt: instant('updated_at').notNull(),
})

/**
 * Accepted work of the exogenous lanes, sign-ups (`signup`) and activities named by events (`webhook`), in buckets of five
 * minutes for four weeks. The forecast uses it. Written by the fetcher.
 */
export const arrivals = pgTable(
  'arrivals',
  {
    lane: text('lane').$type<'signup' | 'webhook'>().notNull(),
    bucketStart: instant('bucket_start').notNull(),
    count: integer('count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.lane, table.bucketStart] })],
)

/** Messages of committed changes that are not published yet, in the order of publishing. */
export const outbox = pgTable(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The athlete that the message is about: an erasure deletes the row. */
    athleteId: stravaId('athlete_id'),
    subject: text('subject').notNull(),
    messageId: text('message_id').notNull(),
    headers: jsonb('headers').$type<Record<string, string>>().notNull(),
    /** The message's body: JSON. */
    body: text('body').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [index('outbox_athlete_idx').on(table.athleteId)],
)

/** The application's push subscription at Strava, as last created or checked by ingest. */
export const webhookSubscriptions = pgTable('webhook_subscriptions', {
  id: stravaId('id').primaryKey(),
  callbackUrl: text('callback_url').notNull(),
  seenAt: instant('seen_at').notNull(),
})

/** Heartbeat and last outage of the webhook: written by ingest, read by the fetcher. One row. */
export const webhookOutages = pgTable('webhook_outages', {
  id: text('id').primaryKey(),
  /** When a replica of ingest last reported that it can receive events. */
  heartbeatAt: instant('heartbeat_at').notNull(),
  /** The last known interval in which events may have been lost. */
  outageFrom: instant('outage_from'),
  outageTo: instant('outage_to'),
})

/** Spent amounts of budgets that all replicas share. Keys contain no athlete's id, but a keyed hash of it. */
export const budgets = pgTable(
  'budgets',
  {
    key: text('key').primaryKey(),
    spent: integer('spent').notNull(),
    /** End of the window in which `spent` counts. */
    endsAt: instant('ends_at').notNull(),
  },
  (table) => [index('budgets_ends_at_idx').on(table.endsAt)],
)
