import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** Restores of this database from a backup. deploy/restore.sh, or `ikigai restore record` after another tool, adds a row. */
export const restores = pgTable('restores', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  restoredAt: instant('restored_at').notNull().defaultNow(),
  /** When the migration ended all restored sessions and tokens. */
  accessEndedAt: instant('access_ended_at'),
  /** When auth had erased the athletes again who have disconnected since the backup. */
  erasuresAppliedAt: instant('erasures_applied_at'),
})

/** Backups of this database that were made. deploy/backup.sh, or `ikigai backup record` after another tool, adds a row. */
export const backups = pgTable('backups', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  madeAt: instant('made_at').notNull().defaultNow(),
})

/** The oldest release that can run on this schema. One row; written by the migration. */
export const schemaMinimum = pgTable('schema_minimum', {
  id: text('id').primaryKey(),
  /** Minimum number of migrations of a release. */
  migrations: integer('migrations').notNull(),
})
