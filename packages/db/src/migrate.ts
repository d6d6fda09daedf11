import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'

/** Any fixed number: whoever migrates this database holds this advisory lock. */
const LOCK_KEY = 4_154_815_121

/** Where the SQL lies: beside `src` in the workspace and beside `dist` in the image. */
const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url))

/** The database knows more, or other, migrations than this release brings. */
export class MigrationMismatchError extends Error {
  override readonly name = 'MigrationMismatchError'
}

/**
 * Brings the database to this release's schema: once, however many replicas call it at the same time.
 * @throws MigrationMismatchError when the migrations applied are not this release's
 */
export async function migrate(databaseUrl: string): Promise<void> {
  if (!existsSync(migrationsFolder)) throw new MigrationMismatchError(`no migrations at ${migrationsFolder}`)
  const client = postgres(databaseUrl, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: 'ikigai-migrate' },
  })
  try {
    const db = drizzle(client)
    // Drizzle's own migrator fails when two run at once, and skips a migration that was merged late.
    await db.execute(sql`select pg_advisory_lock(${LOCK_KEY})`)
    await applyMigrations(db, { migrationsFolder })
    const [row] = await client<{ applied: number }[]>`
      select count(*)::int as applied from drizzle.__drizzle_migrations`
    const known = readMigrationFiles({ migrationsFolder }).length
    if (row?.applied !== known) {
      throw new MigrationMismatchError(`${row?.applied} migrations are applied, this release has ${known}`)
    }
  } finally {
    await client.end({ timeout: 5 })
  }
}
