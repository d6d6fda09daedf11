import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { connectionTo } from './address.ts'
import { assertServer, DatabaseUnfitError, explained } from './fitness.ts'
import { grantPrivileges } from './roles.ts'

/** Advisory lock (an arbitrary fixed number) of the process that migrates this database. */
const LOCK_KEY = 4_154_815_121

type Client = postgres.Sql | postgres.TransactionSql

/** Timeout and poll interval of a role that may not migrate and waits for one that may. */
const WAIT_MS = 60_000
const POLL_INTERVAL_MS = 250

/** Where the SQL lies: beside `src`, in the workspace and in the image. */
const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url))

/** The database knows more, or other, migrations than this release brings, or has not got them in time. */
export class MigrationMismatchError extends Error {
  override readonly name = 'MigrationMismatchError'
}

/**
 * Brings the database to this release's schema. A role that owns the database applies the migrations and grants the users'
 * roles their privileges: once, however many replicas call it at the same time. Any other role waits until that is done.
 *
 * @throws MigrationMismatchError when the migrations applied are not this release's, or not within `waitMs` (a minute)
 * @throws DatabaseUnfitError when the database or the role cannot be worked with
 */
export async function migrate(databaseUrl: string, { waitMs = WAIT_MS } = {}): Promise<void> {
  if (!existsSync(migrationsFolder)) throw new MigrationMismatchError(`no migrations at ${migrationsFolder}`)
  const sql = postgres({ ...connectionTo(databaseUrl, 'ikigai-migrate'), max: 1 })
  try {
    await assertServer(sql)
    if (await mayMigrate(sql)) await bringSchema(sql)
    else await awaitSchema(sql, waitMs)
  } catch (error) {
    throw explained(error, 1)
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

/**
 * In one transaction, whose lock ends with it: a lock of the session would stay with a pooler's connection. Drizzle's own
 * migrator fails when two run at once, and skips a migration that was merged late.
 */
async function bringSchema(sql: postgres.Sql): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK_KEY})`
    // A pooler may have brought neither; and a migration may take its time.
    await tx`set local search_path to public`
    await tx`set local statement_timeout to 0`
    await tx`set local lock_timeout to 0`
    await tx`set local idle_in_transaction_session_timeout to 0`
    await applyMigrations(drizzle(nestedIn(sql, tx)), { migrationsFolder })
    const { applied, known } = await countMigrations(tx)
    if (applied !== known) throw new MigrationMismatchError(mismatch(applied, known))
    await grantPrivileges(tx)
  })
}

/** A client whose statements run in `tx`, and whose transactions are savepoints of it. */
function nestedIn(sql: postgres.Sql, tx: postgres.TransactionSql): postgres.Sql {
  return new Proxy(sql, {
    get(target, name, receiver): unknown {
      if (name === 'begin') return (work: (inner: postgres.TransactionSql) => unknown) => tx.savepoint(work)
      return name in tx ? Reflect.get(tx, name) : Reflect.get(target, name, receiver)
    },
  })
}

async function awaitSchema(sql: postgres.Sql, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const { applied, known } = await countMigrations(sql)
    if (applied === known) return
    if (applied > known) throw new MigrationMismatchError(mismatch(applied, known))
    if (performance.now() > deadline) {
      await assertReadable(sql)
      throw new MigrationMismatchError(
        `${mismatch(applied, known)}, and the role of DATABASE_URL may not apply them. ` +
          `Waited ${waitMs / 1_000} s for a process that may: the program of @ikigai/db, or a service with the owner's URL`,
      )
    }
    await delay(POLL_INTERVAL_MS)
  }
}

/** A role that was never given its rights sees no migrations, though they are there. */
async function assertReadable(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<[{ there: boolean; role: string }]>`
    select exists (select from pg_tables where schemaname = 'drizzle') as there, current_user as role`
  if (!row.there) return
  try {
    await sql`select from drizzle.__drizzle_migrations limit 1`
  } catch (error) {
    throw new DatabaseUnfitError(
      `The role "${row.role}" of DATABASE_URL has no rights in the database. Run the program of @ikigai/db with the URL of ` +
        'the database’s owner: it gives the rights ("Roles of the database" in docs/configuration.md).',
      { code: '42501', cause: error },
    )
  }
}

const mismatch = (applied: number, known: number) =>
  `${applied} migrations are applied, this release has ${known}`

async function countMigrations(sql: Client): Promise<{ applied: number; known: number }> {
  const known = readMigrationFiles({ migrationsFolder }).length
  return { applied: await countApplied(sql), known }
}

/** SQLSTATEs: before the first migration, and before the role has been given its rights. */
const NOT_YET = ['3F000', '42P01', '42501']

async function countApplied(sql: Client): Promise<number> {
  try {
    const [row] = await sql<[{ applied: number }]>`
      select count(*)::int as applied from drizzle.__drizzle_migrations`
    return row.applied
  } catch (error) {
    if (error instanceof postgres.PostgresError && NOT_YET.includes(error.code)) return 0
    throw error
  }
}
