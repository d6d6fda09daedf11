import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { grantRights } from './roles.ts'

/** Any fixed number: whoever migrates this database holds this advisory lock. */
const LOCK_KEY = 4_154_815_121

/** How long a role that may not migrate waits for another process to do it, and how often it looks. */
const WAIT_MS = 60_000
const LOOK_EVERY_MS = 250

/** Where the SQL lies: beside `src`, in the workspace and in the image. */
const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url))

/** The database knows more, or other, migrations than this release brings, or has not got them in time. */
export class MigrationMismatchError extends Error {
  override readonly name = 'MigrationMismatchError'
}

/**
 * Sees to it that the database has this release's schema. A role that owns the database brings it, and gives the users'
 * roles their rights: once, however many replicas call it at the same time. Any other role waits until somebody has.
 *
 * @throws MigrationMismatchError when the migrations applied are not this release's, or not within `waitMs` (a minute)
 */
export async function migrate(databaseUrl: string, { waitMs = WAIT_MS } = {}): Promise<void> {
  if (!existsSync(migrationsFolder)) throw new MigrationMismatchError(`no migrations at ${migrationsFolder}`)
  const sql = postgres(databaseUrl, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: 'ikigai-migrate' },
  })
  try {
    if (await mayMigrate(sql)) await bringSchema(sql)
    else await awaitSchema(sql, waitMs)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** The migrator makes a schema of its own for its notes, which takes this right even when that is there. */
async function mayMigrate(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<[{ may: boolean }]>`
    select has_database_privilege(current_database(), 'create') as may`
  return row.may
}

async function bringSchema(sql: postgres.Sql): Promise<void> {
  // Drizzle's own migrator fails when two run at once, and skips a migration that was merged late.
  await sql`select pg_advisory_lock(${LOCK_KEY})`
  await applyMigrations(drizzle(sql), { migrationsFolder })
  const { applied, known } = await countMigrations(sql)
  if (applied !== known) throw new MigrationMismatchError(mismatch(applied, known))
  await grantRights(sql)
}

async function awaitSchema(sql: postgres.Sql, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const { applied, known } = await countMigrations(sql)
    if (applied === known) return
    if (applied > known) throw new MigrationMismatchError(mismatch(applied, known))
    if (performance.now() > deadline) {
      throw new MigrationMismatchError(
        `${mismatch(applied, known)}, and the role of DATABASE_URL may not apply them. ` +
          `Waited ${waitMs / 1_000} s for somebody who may: the program of @ikigai/db, or a service with the owner's URL`,
      )
    }
    await delay(LOOK_EVERY_MS)
  }
}

const mismatch = (applied: number, known: number) =>
  `${applied} migrations are applied, this release has ${known}`

async function countMigrations(sql: postgres.Sql): Promise<{ applied: number; known: number }> {
  const known = readMigrationFiles({ migrationsFolder }).length
  return { applied: await countApplied(sql), known }
}

/** SQLSTATEs: before the first migration, and before the role has been given its rights. */
const NOT_YET = ['3F000', '42P01', '42501']

async function countApplied(sql: postgres.Sql): Promise<number> {
  try {
    const [row] = await sql<[{ applied: number }]>`
      select count(*)::int as applied from drizzle.__drizzle_migrations`
    return row.applied
  } catch (error) {
    if (error instanceof postgres.PostgresError && NOT_YET.includes(error.code)) return 0
    throw error
  }
}
