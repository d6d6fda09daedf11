import postgres from 'postgres'
import { MIGRATIONS_FOLDER, type Migrations, readMigrations } from './migration-files.ts'

/**
 * This release cannot run on the database's schema. `exitCode`: 78 when waiting cannot help, as for any fault of the
 * configuration; 1 when the schema was not migrated in time.
 */
export class MigrationMismatchError extends Error {
  override readonly name = 'MigrationMismatchError'
  readonly exitCode: 1 | 78

  constructor(message: string, exitCode: 1 | 78 = 78) {
    super(message)
    this.exitCode = exitCode
  }
}

type Client = postgres.Sql | postgres.TransactionSql

/** Message for a schema whose migrations are neither this release's nor a later one's. */
export const OTHER_SCHEMA =
  'The database has other migrations than this release and those after it: it belongs to another installation, or to a ' +
  'version that was never released'

/**
 * Compares the database's schema with this release's. A later schema is usable if its minimum allows this release.
 *
 * @throws MigrationMismatchError when this release is too old, or the schema belongs to another installation
 */
export async function stateOf(
  sql: Client,
  { hashes, folder }: Migrations,
): Promise<'earlier' | 'current' | 'later'> {
  const applied = await appliedHashes(sql)
  const common = Math.min(applied.length, hashes.length)
  if (applied.slice(0, common).join() !== hashes.slice(0, common).join())
    throw new MigrationMismatchError(`${OTHER_SCHEMA} (${folder})`)
  if (applied.length < hashes.length) return 'earlier'
  if (applied.length === hashes.length) return 'current'
  const minimum = await readMinimum(sql)
  if (hashes.length >= minimum) return 'later'
  throw new MigrationMismatchError(
    `This release is too old for the database: it has ${hashes.length} migrations, and the schema requires a release with ` +
      `${minimum} or more. Run the newer release again; to go back to this one, restore a backup of its time ` +
      '(docs/operations/upgrade.md)',
  )
}

/** SQLSTATEs before the first migration, and before the role has its privileges. */
const NOT_YET = ['3F000', '42P01', '42501']

async function appliedHashes(sql: Client): Promise<readonly string[]> {
  // A failed statement would end the transaction of the migration.
  const [found] = await sql`
    select from pg_tables where schemaname = 'drizzle' and tablename = '__drizzle_migrations'`
  if (found === undefined) return []
  try {
    const rows = await sql<{ hash: string }[]>`
      select hash from drizzle.__drizzle_migrations order by created_at`
    return rows.map(({ hash }) => hash)
  } catch (error) {
    if (error instanceof postgres.PostgresError && NOT_YET.includes(error.code)) return []
    throw error
  }
}

async function readMinimum(sql: Client): Promise<number> {
  const [row] = await sql<{ migrations: number }[]>`select migrations from public.schema_minimum`
  return row?.migrations ?? 1
}

/** @throws MigrationMismatchError when this release is too old for the schema, or it is another installation's */
export async function assertRelease(sql: postgres.Sql): Promise<void> {
  const migrations = readMigrations(MIGRATIONS_FOLDER)
  if (migrations !== undefined) await stateOf(sql, migrations)
}
