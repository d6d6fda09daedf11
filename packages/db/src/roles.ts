import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { parseDatabaseUrl } from '@ikigai/chassis/config'
import postgres from 'postgres'
import { connectionTo } from './address.ts'
import { roleSettings } from './pinned.ts'
import { saslPrepared } from './sasl-prep.ts'
import {
  DATABASE_USERS,
  type DatabaseUser,
  TABLE_PRIVILEGES,
  type TablePrivilege,
} from './table-privileges.ts'

/** The role of the database's URL may not create or change other roles. */
export class RolesRefusedError extends Error {
  override readonly name = 'RolesRefusedError'
}

/** SQLSTATEs of Postgres. */
const INSUFFICIENT_PRIVILEGE = '42501'
const DUPLICATE_OBJECT = '42710'

type Client = postgres.Sql | postgres.TransactionSql

/** A user's role. Roles belong to the whole server, so the name contains the database's: two installations may share a server. */
export const roleName = (database: string, user: DatabaseUser) => `${database.slice(0, 50)}_${user}`

/** Passwords of the database's users. */
export type RolePasswords = { readonly [user in DatabaseUser]?: string | undefined }

/**
 * Creates a role for each user with a password here, or sets the password of an existing role. `migrate` grants the
 * privileges afterwards. Safe to repeat.
 *
 * @throws RolesRefusedError when the role of `ownerUrl` may not create roles
 */
export async function createRoles(ownerUrl: string, passwords: RolePasswords): Promise<void> {
  const sql = postgres({ ...connectionTo(ownerUrl, 'ikigai-roles'), max: 1 })
  try {
    const database = await currentDatabase(sql)
    for (const user of DATABASE_USERS) {
      const password = passwords[user]
      if (password !== undefined) await createRole(sql, database, user, password)
    }
  } catch (error) {
    if (!hasCode(error, INSUFFICIENT_PRIVILEGE)) throw error
    throw new RolesRefusedError('the role of the database’s URL may not make roles', { cause: error })
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** The URL with which a user connects to the database that `ownerUrl` names. @throws AddressError */
export function roleUrl(ownerUrl: string, user: DatabaseUser, password: string): string {
  const { database, user: owner } = parseDatabaseUrl(ownerUrl)
  const role = encodeURIComponent(roleName(database ?? owner ?? '', user))
  const credentials = `${role}:${encodeURIComponent(password)}@`
  return ownerUrl.replace(/^([^:]+:\/\/)(?:[^/?#]*@)?/, (_, scheme: string) => `${scheme}${credentials}`)
}

/**
 * Grants each user's role the privileges of {@link TABLE_PRIVILEGES} and revokes all others, in one transaction. Missing
 * roles are skipped. The connection is the owner's; it must not run twice at once.
 */
export async function grantPrivileges(sql: Client): Promise<void> {
  const database = await currentDatabase(sql)
  const roles = new Map(DATABASE_USERS.map((user) => [roleName(database, user), user]))
  const found = await sql<{ rolname: string }[]>`
    select rolname from pg_roles where rolname = any(${[...roles.keys()]})`
  const statements = found.flatMap(({ rolname }) => {
    const user = roles.get(rolname)
    return user === undefined ? [] : statementsFor(user, identifier(rolname))
  })
  // Several statements in one message are one transaction.
  if (statements.length > 0) await sql.unsafe(statements.join(';\n'))
}

function statementsFor(user: DatabaseUser, role: string): readonly string[] {
  const grants = Object.entries(TABLE_PRIVILEGES).flatMap(([table, rights]) =>
    (rights[user] ?? []).map(
      (right) => `grant ${privilege(right)} on public.${identifier(table)} to ${role}`,
    ),
  )
  return [
    `revoke all on all tables in schema public, drizzle from ${role}`,
    `grant usage on schema public, drizzle to ${role}`,
    // Services read it to check that the schema fits their release.
    `grant select on drizzle.__drizzle_migrations to ${role}`,
    ...grants,
  ]
}

/** Postgres allows row locks to roles that may update at least one column. */
function privilege(right: TablePrivilege): string {
  if (right === 'ids') return 'select (id)'
  return right === 'lock' ? 'update (id)' : right
}

async function currentDatabase(sql: Client): Promise<string> {
  const [row] = await sql<[{ name: string }]>`select current_database() as name`
  return row.name
}

async function createRole(
  sql: postgres.Sql,
  database: string,
  user: DatabaseUser,
  password: string,
): Promise<void> {
  const role = identifier(roleName(database, user))
  const login = `${role} login password '${scramVerifier(password)}'`
  try {
    await sql.unsafe(`create role ${login}`)
  } catch (error) {
    if (!hasCode(error, DUPLICATE_OBJECT)) throw error
    await sql.unsafe(`alter role ${login}`)
  }
  // For connections through a pooler in transaction mode, which does not pass session settings.
  await sql.unsafe(roleSettings(role, identifier(database)).join(';\n'))
}

/**
 * The SCRAM verifier of a password (RFC 5803), so that the password itself is in no statement and no server log.
 */
function scramVerifier(password: string): string {
  const [iterations, salt] = [4_096, randomBytes(16)]
  const salted = pbkdf2Sync(saslPrepared(password), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const serverKey = hmac('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`

const hasCode = (error: unknown, code: string) =>
  error instanceof postgres.PostgresError && error.code === code
