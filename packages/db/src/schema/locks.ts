import { pgTable, text } from 'drizzle-orm/pg-core'

/**
 * Rows that are only locked. One table for each owner, because a role that may lock one row of a table may lock
 * all of them. The migration inserts the rows: `lock-rows.ts`.
 */
const columns = () => ({
  id: text('id').primaryKey(),
  /** The work that the lock protects, for people. */
  purpose: text('purpose').notNull(),
})

/** Held by the relay that publishes the outbox. */
export const outboxLocks = pgTable('outbox_locks', columns())

/** Held by auth: one for sign-ups, and a fixed number that athletes share by a hash of their id. */
export const authLocks = pgTable('auth_locks', columns())

/** Held by the replica of ingest that ensures the push subscription. */
export const ingestLocks = pgTable('ingest_locks', columns())
