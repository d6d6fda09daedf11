import { setTimeout as delay } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { connectionTo } from './address.ts'
import { endRestoredAccess } from './after-restore.ts'
import { assertServer, DatabaseUnfitError, explained } from './fitness.ts'
import { insertLockRows } from './lock-rows.ts'
import { MIGRATIONS_FOLDER, type Migrations, readMigrations } from './migration-files.ts'
import { collectNoPersonalStatistics } from './personal-statistics.ts'
import { grantPrivileges } from './roles.ts'
import { MigrationMismatchError, OTHER_SCHEMA, stateOf } from './schema-state.ts'

/**
 * Advisory lock (an arbitrary fixed number) of the process that migrates this database. All other locks are rows, but before
 * the first migration there is no table.
 */
const LOCK_KEY = 4_154_815_121

/** Time-out and poll interval (ms) of a role without permission to migrate, which waits for another process to do it. */
const WAIT_MS = 60_000
const POLL_INTERVAL_MS = 250

/** Options of {@link migrate}. */
export interface MigrateOptions {
  /** How long a role that may not migrate waits: ms; a minute by default. */
  readonly waitMs?: number
  /** This release's own by default. */
  readonly folder?: string
}

/**
 * Migrates the database to this release's schema. A role that owns the database applies the migrations and grants the users'
 * roles their privileges, once, however many replicas call it at the same time. Any other role waits until that is done. A
 * later release's schema is left unchanged and used, unless this release is too old for it.
 *
 * @throws MigrationMismatchError when this release cannot run on the schema, or it is not migrated within `waitMs` (a minute)
 * @throws DatabaseUnfitError when the database or the role does not meet a requirement
 */
export async function migrate(
  databaseUrl: string,
  { waitMs = WAIT_MS, folder = MIGRATIONS_FOLDER }: MigrateOptions = {},
): Promise<void> {
  const migrations = readMigrations(folder)
  if (migrations === undefined) throw new MigrationMismatchError(`no migrations at ${folder}`)
  const sql = postgres({ ...connectionTo(databaseUrl, 'ikigai-migrate'), max: 1 })
  try {
    await assertServer(sql)
    if (await mayMigrate(sql)) await bringSchema(sql, migrations)
    else await awaitSchema(sql, migrations, waitMs)
  } catch (error) {
    throw explained(error, 1)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Whether the role may create schemas: Drizzle's migrator requires it, even when its schema exists. */
async function mayMigrate(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<[{ may: boolean }]>`
    select has_database_privilege(current_database(), 'create') as may`
  return row.may
}

/**
 * Migrates in one transaction, whose lock ends with it: a session's lock would stay with a pooler's connection. Drizzle's
 * own migrator fails when two run at once, and skips a migration that was merged late.
 */
async function bringSchema(sql: postgres.Sql, migrations: Migrations): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK_KEY})`
    // A pooler may not have set the search path, and a migration may take long.
    await tx`set local search_path to public`
    await tx`set local statement_timeout to 0`
    await tx`set local lock_timeout to 0`
    await tx`set local idle_in_transaction_session_timeout to 0`
    if ((await stateOf(tx, migrations)) !== 'later') {
      await applyMigrations(drizzle(nestedIn(sql, tx)), { migrationsFolder: migrations.folder })
      const state = await stateOf(tx, migrations)
      if (state !== 'current') throw new MigrationMismatchError(OTHER_SCHEMA)
      await setMinimum(tx, migrations)
      await insertLockRows(tx)
      await collectNoPersonalStatistics(tx)
      await grantPrivileges(tx)
    }
    await endRestoredAccess(tx)
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

async function awaitSchema(sql: postgres.Sql, migrations: Migrations, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const isThere = (await stateOf(sql, migrations)) !== 'earlier'
    if (isThere && !(await isRestoring(sql))) return
    if (performance.now() > deadline) {
      await assertReadable(sql)
      throw new MigrationMismatchError(
        `${isThere ? 'the database was restored from a backup' : 'the database is not at this release’s schema'}, and the ` +
          'role of DATABASE_URL may not migrate. ' +
          `Waited ${waitMs / 1_000} s for a process that may: the program of @ikigai/db, or a service with the owner's URL`,
        1,
      )
    }
    await delay(POLL_INTERVAL_MS)
  }
}

/** Whether restored access has not been ended yet. */
async function isRestoring(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<[{ pending: boolean }]>`
    select exists (select from public.restores where access_ended_at is null) as pending`
  return row.pending
}

/** Checks that the role may read the migrations: without privileges it would see none. */
async function assertReadable(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<[{ there: boolean; role: string }]>`
    select exists (select from pg_tables where schemaname = 'drizzle') as there, current_user as role`
  if (!row.there) return
  try {
    await sql`select from drizzle.__drizzle_migrations limit 1`
  } catch (error) {
    throw new DatabaseUnfitError(
      `The role "${row.role}" of DATABASE_URL has no privileges in the database. Run the program of @ikigai/db with the URL of ` +
        'the database’s owner: it grants the privileges ("Roles of the database" in docs/configuration.md).',
      { code: '42501', cause: error },
    )
  }
}

/** Raises the minimum; it never falls, because what a migration removed does not come back. */
async function setMinimum(tx: postgres.TransactionSql, { minimum }: Migrations): Promise<void> {
  await tx`
    insert into public.schema_minimum (id, migrations) values ('release', ${minimum})
    on conflict (id) do update set migrations = greatest(schema_minimum.migrations, excluded.migrations)`
}
