import { randomBytes } from 'node:crypto'
import { createRoles, DATABASE_USERS, type DatabaseUser, migrate, roleName, roleUrl } from '@ikigai/db'
import postgres from 'postgres'
import type { TestContext } from './test-context.ts'
import type { TestDatabase } from './test-database.ts'

/**
 * Creates the database's roles, with their privileges, for the duration of the test.
 * @returns the URL of each user
 */
export async function testRoles(
  t: TestContext,
  { url, serverUrl }: TestDatabase,
): Promise<Readonly<Record<DatabaseUser, string>>> {
  const password = randomBytes(12).toString('hex')
  const passwords = Object.fromEntries(DATABASE_USERS.map((user) => [user, password]))
  t.teardown(() => dropRoles(serverUrl, new URL(url).pathname.slice(1)))
  await createRoles(url, passwords)
  await migrate(url)
  const urlOf = (user: DatabaseUser) => roleUrl(url, user, password)
  return {
    gateway: urlOf('gateway'),
    auth: urlOf('auth'),
    ingest: urlOf('ingest'),
    fetcher: urlOf('fetcher'),
    operator: urlOf('operator'),
  }
}

/** Drops the database first, because the roles have privileges in it. */
async function dropRoles(serverUrl: string, database: string): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} })
  try {
    await sql`drop database if exists ${sql(database)} with (force)`
    for (const user of DATABASE_USERS) await sql`drop role if exists ${sql(roleName(database, user))}`
  } finally {
    await sql.end()
  }
}
