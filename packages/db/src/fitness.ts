import postgres from 'postgres'
import { SESSION_SETTINGS } from './pinned.ts'
import { assertRelease } from './schema-state.ts'
import { type DatabaseUser, TABLE_PRIVILEGES } from './table-privileges.ts'

/** The database or the role does not meet a requirement. The message is a sentence for the operator, without secrets. */
export class DatabaseUnfitError extends Error {
  override readonly name = 'DatabaseUnfitError'
  /** The message, which may be shown to operators. */
  readonly sentence: string
  /** The matching SQLSTATE; `53300` and `25006` when waiting may help. */
  readonly code: string | undefined

  constructor(sentence: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    super(sentence, options.cause === undefined ? {} : { cause: options.cause })
    this.sentence = sentence
    this.code = options.code
  }
}

/** Requirements of a client on the database. */
export interface DatabaseRequirements {
  /** Maximum connections of the client, including the one used for the check. */
  readonly connections: number
  readonly isPooled: boolean
  readonly user?: DatabaseUser | undefined
}

const OLDEST_VERSION = 150_000
const TOO_MANY_CONNECTIONS = '53300'
const READ_ONLY = '25006'

/** @throws DatabaseUnfitError, MigrationMismatchError for the first unmet requirement */
export async function assertFit(sql: postgres.Sql, needs: DatabaseRequirements): Promise<void> {
  await assertServer(sql)
  await assertSettings(sql)
  if (!needs.isPooled) await assertConnections(sql, needs.connections)
  if (needs.user === undefined) return
  await assertRelease(sql)
  await assertPrivileges(sql, needs.user)
}

/** Checks the version and encoding of the server, and that it takes writes. @throws DatabaseUnfitError */
export async function assertServer(sql: postgres.Sql | postgres.TransactionSql): Promise<void> {
  const [{ version, number, encoding, database, isStandby, isReadOnly }] = await sql<
    [
      Record<'version' | 'encoding' | 'database', string> & { number: number } & Record<
          'isStandby' | 'isReadOnly',
          boolean
        >,
    ]
  >`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
      current_setting('server_encoding') as encoding, current_database() as database,
      pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only')::boolean as "isReadOnly"`
  if (number < OLDEST_VERSION) {
    throw new DatabaseUnfitError(`PostgreSQL ${version} is too old: use 15 or newer.`)
  }
  if (isReadOnly) {
    const remedy = isStandby
      ? 'it is a standby. Use the address of the primary, or name all hosts and put target_session_attrs=primary at the end of ' +
        'DATABASE_URL.'
      : 'transactions of this role are read only. Set default_transaction_read_only to off for it.'
    throw new DatabaseUnfitError(`PostgreSQL takes no writes at this address: ${remedy}`, { code: READ_ONLY })
  }
  if (encoding === 'UTF8') return
  throw new DatabaseUnfitError(
    `The database "${database}" is encoded as ${encoding}, in which names of athletes and activities cannot be stored. ` +
      `Use one in UTF8: create database … encoding 'UTF8' template template0.`,
  )
}

async function assertSettings(sql: postgres.Sql): Promise<void> {
  const found = await sql<{ name: string; setting: string; role: string; database: string }[]>`
    select name, setting, current_user as role, current_database() as database
    from pg_settings where name = any(string_to_array(${Object.keys(SESSION_SETTINGS).join()}, ','))`
  const wrong = Object.entries(SESSION_SETTINGS).filter(
    ([name, wanted]) => found.find((row) => row.name === name)?.setting !== wanted,
  )
  const [first] = found
  if (wrong.length === 0 || first === undefined) return
  const statements = wrong.map(
    ([name, value]) => `alter role "${first.role}" in database "${first.database}" set ${name} = '${value}'`,
  )
  throw new DatabaseUnfitError(
    `A pooler before PostgreSQL does not pass session settings on. Set them for the role: ${statements.join('; ')}.`,
  )
}

async function assertConnections(sql: postgres.Sql, needed: number): Promise<void> {
  const [row] = await sql<[{ usable: number; in_use: number; of_role: number; role_limit: number }]>`
    select current_setting('max_connections')::int
        - case when r.rolsuper then 0 else current_setting('superuser_reserved_connections')::int
          + coalesce(current_setting('reserved_connections', true)::int, 0) end as usable,
      (select count(*)::int from pg_stat_activity where datid is not null and usesysid is not null) as in_use,
      (select count(*)::int from pg_stat_activity where usesysid = r.oid) as of_role,
      case when r.rolsuper then -1 else r.rolconnlimit end as role_limit
    from pg_roles r where r.rolname = current_user`
  const ofServer = row.usable - row.in_use
  const ofRole = row.role_limit < 0 ? ofServer : row.role_limit - row.of_role
  // The connection of this check is one of the required ones.
  const free = Math.min(ofServer, ofRole) + 1
  if (free < needed) throw tooFew(needed, `has ${Math.max(0, free)} connections left for it`)
}

const tooFew = (needed: number, has: string, cause?: unknown) =>
  new DatabaseUnfitError(
    `This program opens up to ${needed} connections, and PostgreSQL ${has}. Raise max_connections (or the limit of the ` +
      'role), or lower DATABASE_POOL_SIZE: "Connections" in docs/configuration.md has the sum over all services.',
    { code: TOO_MANY_CONNECTIONS, cause },
  )

/** `needed`: connections that the program may open. @returns the error, as a sentence where there is one for it */
export function explained(error: unknown, needed: number): unknown {
  if (!(error instanceof postgres.PostgresError)) return error
  if (error.code === TOO_MANY_CONNECTIONS) return tooFew(needed, 'has none left for it', error)
  if (error.code === '08P01' && error.message.includes('startup parameter')) {
    return new DatabaseUnfitError(
      'A pooler before PostgreSQL refuses our session settings: put pooler=transaction at the end of DATABASE_URL ' +
        '("A pooler before the database" in docs/configuration.md).',
      { code: error.code, cause: error },
    )
  }
  return error
}

async function assertPrivileges(sql: postgres.Sql, user: DatabaseUser): Promise<void> {
  const wanted = Object.entries(TABLE_PRIVILEGES).flatMap(([table, rights]) =>
    (rights[user] ?? []).map((right) => ({ table, right })),
  )
  const rows = await sql<{ tablename: string; privilege: string; role: string; missing: boolean }[]>`
    select tablename, privilege, current_user as role, id is null as missing
    from unnest(string_to_array(${wanted.map(({ table }) => table).join()}, ','),
        string_to_array(${wanted.map(({ right }) => right).join()}, ',')) as wanted(tablename, privilege),
      lateral (select to_regclass('public.' || quote_ident(tablename))::oid as id) found
    where not coalesce(has_schema_privilege('public', 'usage') and case privilege
      when 'ids' then has_column_privilege(id, 'id', 'select')
      when 'lock' then has_column_privilege(id, 'id', 'update')
      else has_table_privilege(id, privilege) end, false)`
  const [first] = rows
  if (first === undefined) return
  if (first.missing) {
    throw new DatabaseUnfitError(
      `The table ${first.tablename} does not exist yet: a service that may migrate, or the program of @ikigai/db, creates it.`,
      { code: '42P01' },
    )
  }
  const others = rows.length === 1 ? '' : `, and ${rows.length - 1} more privileges are missing`
  throw new DatabaseUnfitError(
    `The role "${first.role}" of DATABASE_URL may not ${VERBS[first.privilege] ?? first.privilege} the table ${first.tablename}${others}. ` +
      'Run the program of @ikigai/db with the URL of the database’s owner: it grants the privileges ("Roles of the database" in ' +
      'docs/configuration.md).',
    { code: '42501' },
  )
}

const VERBS: Readonly<Record<string, string>> = {
  select: 'read',
  ids: 'read',
  lock: 'lock',
  insert: 'insert into',
  update: 'update',
  delete: 'delete from',
}
