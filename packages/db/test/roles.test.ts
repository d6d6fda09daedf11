import { testDatabase, testRoles } from '@ikigai/testkit'
import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import postgres from 'postgres'
import t from 'tap'
import {
  createRoles,
  DATABASE_USERS,
  type DatabaseUser,
  migrate,
  roleUrl,
  TABLE_PRIVILEGES,
  type TablePrivilege,
} from '../src/index.ts'
import * as schema from '../src/schema/index.ts'

const tables = Object.values(schema).flatMap((value) => (is(value, PgTable) ? [value] : []))

/** Statements that need one right and change nothing, by what they need. */
const attempts: Readonly<Record<TablePrivilege, (table: string) => string>> = {
  select: (table) => `select * from ${table} limit 0`,
  insert: (table) => `explain insert into ${table} default values`,
  update: (table) => `update ${table} set ${otherColumn(table)} = ${otherColumn(table)} where false`,
  delete: (table) => `delete from ${table} where false`,
  ids: (table) => `select id from ${table} limit 0`,
  lock: (table) => `select 1 from ${table} limit 0 for no key update`,
}

/** A column that the right to lock leaves alone. */
function otherColumn(name: string): string {
  const table = tables.find((each) => getTableName(each) === name)
  const columns = table === undefined ? [] : Object.values(getTableColumns(table))
  return columns.find((column) => column.name !== 'id')?.name ?? 'id'
}

/** What each right brings with it. */
const included = (rights: readonly TablePrivilege[]): readonly TablePrivilege[] => [
  ...rights,
  ...(rights.includes('update') ? ['lock' as const] : []),
  ...(rights.includes('select') ? ['ids' as const] : []),
]

const hasId = (name: string) =>
  tables.some((table) => getTableName(table) === name && 'id' in getTableColumns(table))

/** Statements that no user may run. */
const NEVER = [
  'create table theirs (id int)',
  'create schema theirs',
  'drop table athletes',
  'truncate activities',
  'alter table activities disable trigger all',
  'create role theirs superuser',
  'create extension dblink',
  'delete from drizzle.__drizzle_migrations',
  "copy athletes to program 'cat'",
  'set role postgres',
]

async function outcomeOf(sql: postgres.Sql, statement: string): Promise<'allowed' | 'refused'> {
  try {
    await sql.begin((tx) => tx.unsafe(statement))
    return 'allowed'
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === '42501') return 'refused'
    throw new Error(statement, { cause: error })
  }
}

t.test('roles: every table is in the list of rights', async (t) => {
  t.same(Object.keys(TABLE_PRIVILEGES).sort(), tables.map(getTableName).sort())
})

t.test('roles: each user may do what the list says, and nothing else', async (t) => {
  const urls = await testRoles(t, await testDatabase(t))
  for (const user of DATABASE_USERS) {
    const sql = postgres(urls[user], { max: 1, onnotice: () => {} })
    t.teardown(() => sql.end())
    for (const [table, rights] of Object.entries(TABLE_PRIVILEGES)) {
      const wanted = included(rights[user] ?? [])
      for (const [right, statement] of Object.entries(attempts)) {
        if (right === 'ids' && !hasId(table)) continue
        const expected = wanted.some((each) => each === right) ? 'allowed' : 'refused'
        t.equal(await outcomeOf(sql, statement(table)), expected, `${user}: ${right} ${table}`)
      }
    }
    for (const statement of NEVER)
      t.equal(await outcomeOf(sql, statement), 'refused', `${user}: ${statement}`)
  }
})

t.test('roles: the list keeps the promises', async (t) => {
  const may = (user: DatabaseUser, right: TablePrivilege) =>
    Object.entries(TABLE_PRIVILEGES).flatMap(([table, rights]) =>
      rights[user]?.includes(right) ? [table] : [],
    )
  for (const right of ['insert', 'update', 'delete', 'lock'] as const) t.same(may('gateway', right), [])
  for (const user of ['gateway', 'ingest', 'fetcher', 'operator'] as const) {
    t.notOk(may(user, 'select').includes('grants'), `${user} cannot read grants`)
    t.notOk(may(user, 'select').includes('pending_erasures'), `${user} cannot read sealed debts`)
  }
  t.same(may('ingest', 'select'), [
    'restores',
    'schema_minimum',
    'ingest_locks',
    'webhook_subscriptions',
    'webhook_outages',
  ])
  const readers = DATABASE_USERS.filter((user) => may(user, 'select').includes('webhook_subscriptions'))
  t.same(readers, ['ingest'], 'nobody else reads the webhook’s secret')
})

t.test('roles: rights that are no longer in the list are taken', async (t) => {
  const database = await testDatabase(t)
  const urls = await testRoles(t, database)
  const owner = postgres(database.url, { max: 1 })
  const gateway = postgres(urls.gateway, { max: 1 })
  t.teardown(() => Promise.all([owner.end(), gateway.end()]))
  const role = new URL(urls.gateway).username
  await owner.unsafe(`grant select, update (failures) on grants to ${role}`)
  t.equal(await outcomeOf(gateway, 'select 1 from grants'), 'allowed')
  await migrate(database.url)
  t.equal(await outcomeOf(gateway, 'select 1 from grants'), 'refused')
  t.equal(await outcomeOf(gateway, 'update grants set failures = 0'), 'refused')
})

t.test('roles: a role that may not migrate waits for the schema', async (t) => {
  const database = await testDatabase(t, { migrated: false })
  const password = 'it’s "quoted" %41 /:@'
  await createRoles(database.url, { ingest: password })
  t.teardown(() => {
    const sql = postgres(database.serverUrl, { max: 1, onnotice: () => {} })
    const role = decodeURIComponent(new URL(url).username)
    return sql`drop database ${sql(new URL(database.url).pathname.slice(1))} with (force)`
      .then(() => sql`drop role ${sql(role)}`)
      .finally(() => sql.end())
  })
  const url = roleUrl(database.url, 'ingest', password)
  await t.rejects(migrate(url, { waitMs: 0 }), {
    name: 'MigrationMismatchError',
    message: /^the database is not at this release’s schema, and the role of DATABASE_URL may not migrate/,
  })
  const waiting = migrate(url)
  await migrate(database.url)
  await waiting
  await createRoles(database.url, { ingest: 'another' })
  await migrate(roleUrl(database.url, 'ingest', 'another'))
  await t.rejects(migrate(url), { code: '28P01' }, 'the former password is no more')
})

t.test('roles: a role that may not create roles gets an error', async (t) => {
  const urls = await testRoles(t, await testDatabase(t))
  await t.rejects(createRoles(urls.auth, { gateway: 'password' }), { name: 'RolesRefusedError' })
})
