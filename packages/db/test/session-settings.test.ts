import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { startPostgres, temporaryDir } from '@ikigai/dev-env'
import { type TestContext, testDatabase } from '@ikigai/testkit'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import t from 'tap'
import { assertServer } from '../src/fitness.ts'
import { createRoles, DatabaseUnfitError, migrate, openDatabase, roleUrl } from '../src/index.ts'
import { athletes } from '../src/schema/index.ts'

/** What a database, or the role, may have otherwise. */
const UNUSUAL: Readonly<Record<string, string>> = {
  datestyle: 'German',
  intervalstyle: 'sql_standard',
  timezone: 'Asia/Kathmandu',
  client_encoding: 'LATIN1',
  search_path: 'elsewhere',
  bytea_output: 'escape',
  extra_float_digits: '-5',
  standard_conforming_strings: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
}

const NAME = 'Žoë 🚴 \\'
const at = new Date('2026-03-29T01:30:00.123Z')

async function works(t: TestContext, url: string): Promise<unknown> {
  const { db, ping, close } = openDatabase({ url, name: 'test', max: 2 })
  t.teardown(close)
  await ping()
  await db.delete(athletes)
  await db.insert(athletes).values({ id: '1', firstName: NAME, scopes: ['read'], connectedAt: at })
  const [athlete] = await db.select().from(athletes)
  const [row] = await db.execute(sql`
    select '\\x00ff'::bytea as bytes, 0.1::float8 + 0.2 as sum, now()::text ~ '[+]00$' as is_utc,
      interval '1 day 2 hours'::text as span, current_setting('transaction_isolation') as isolation`)
  return { firstName: athlete?.firstName, connectedAt: athlete?.connectedAt, ...row }
}

const expected = {
  firstName: NAME,
  connectedAt: at,
  bytes: Buffer.from([0, 255]),
  sum: '0.30000000000000004',
  is_utc: true,
  span: '1 day 02:00:00',
  isolation: 'read committed',
}

t.test('session settings: a database and a role with settings of their own', async (t) => {
  const { url } = await testDatabase(t)
  const name = new URL(url).pathname.slice(1)
  const admin = postgres(url, { max: 1 })
  t.teardown(() => admin.end())
  await admin`create schema elsewhere`
  for (const [setting, value] of Object.entries(UNUSUAL)) {
    await admin.unsafe(`alter database ${name} set ${setting} = '${value}'`)
  }
  t.match(await works(t, url), expected)
  const asked = `${url}?datestyle=SQL&TimeZone=America/New_York&search_path=elsewhere`
  t.match(await works(t, asked), expected, 'nor does the URL override them')
  await migrate(url)
})

/** Leads to the database from another address. */
async function listenAt(t: TestContext, host: string, url: string): Promise<string> {
  const { port, hostname } = new URL(url)
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('close', () => upstream.destroy())
  })
  await once(server.listen(0, host), 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return url.replace(`${hostname}:${port}`, `[${host}]:${address.port}`)
}

t.test('session settings: an IPv6 address', async (t) => {
  const { url } = await testDatabase(t)
  t.match(await works(t, await listenAt(t, '::1', url)), expected)
})

t.test('several hosts: the first that answers', async (t) => {
  const { url } = await testDatabase(t)
  const { host } = new URL(url)
  t.match(await works(t, url.replace(host, `127.0.0.1:1,${host}`)), expected)
})

const PASSWORDS = [
  '9e1f0a',
  '123',
  'a/b?c#d@e:f%g&h=i',
  '100%',
  'quote \' and " and \\ and `',
  ' spaces at its ends ',
  'pässwörd 密码 🚴',
  // Other ways to write the same, by SASLprep.
  'ﬁ\u00a0\u00ad①',
  '$2a$11$looks-like-a-hash',
  randomBytes(32).toString('base64'),
]

t.test('session settings: any password', async (t) => {
  const { url, serverUrl } = await testDatabase(t)
  const role = `${new URL(url).pathname.slice(1)}_gateway`
  t.teardown(async () => {
    const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
    await admin`drop owned by ${admin(role)}`.catch(() => {})
    await admin.unsafe(`drop database if exists "${new URL(url).pathname.slice(1)}" with (force)`)
    await admin`drop role if exists ${admin(role)}`
    await admin.end()
  })
  const admin = postgres(url, { max: 1 })
  t.teardown(() => admin.end())
  for (const gateway of PASSWORDS) {
    await createRoles(url, { gateway })
    await migrate(url)
    const { ping, close } = openDatabase({
      url: roleUrl(url, 'gateway', gateway),
      name: 'test',
      user: 'gateway',
    })
    await t.resolves(ping(), gateway)
    await close()
    // As PostgreSQL itself stores it.
    await admin.unsafe(`alter role "${role}" password '${gateway.replaceAll("'", "''")}'`)
    const again = openDatabase({ url: roleUrl(url, 'gateway', gateway), name: 'test' })
    await t.resolves(again.ping(), `${gateway}, set by PostgreSQL`)
    await again.close()
  }
})

t.test('session settings: a URL that cannot be read is refused without a piece of it', async (t) => {
  const secret = 'Sesame7'
  for (const url of [
    `postgres://u:${secret}/x@host/db`,
    `postgres://u:${secret}#x@host/db`,
    `postgres://u:${secret}%zz@host/db`,
    `postgres://u:a?${secret}@host/db`,
    `mysql://u:${secret}@host/db`,
    `postgres://u:${secret}@host:port/db`,
    `postgres://u:${secret}@[::1/db`,
    `postgres://host/db?pooler=${secret}`,
  ]) {
    for (const open of [async () => openDatabase({ url, name: 'test' }).close(), () => migrate(url)]) {
      const error: unknown = await open().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (!(error instanceof Error)) throw new Error(`${url} is taken`)
      t.notMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, secret)
      t.equal(error.name, 'AddressError')
    }
  }
})

t.test('session settings: what cannot be worked with is refused with a sentence', async (t) => {
  const { url, serverUrl } = await testDatabase(t)
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} })
  t.teardown(() => admin.end())

  const refusal = async (work: Promise<unknown>): Promise<DatabaseUnfitError> => {
    const error: unknown = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    if (error instanceof DatabaseUnfitError) return error
    throw new Error('not refused', { cause: error })
  }
  const pingOf = async (options: Parameters<typeof openDatabase>[0]) => {
    const { ping, close } = openDatabase(options)
    return await ping().finally(close)
  }

  for (const encoding of ['LATIN1', 'SQL_ASCII', 'EUC_JP']) {
    await t.test(`encoding ${encoding}`, async (t) => {
      const name = `test_${randomBytes(6).toString('hex')}`
      await admin.unsafe(
        `create database ${name} encoding '${encoding}' template template0 locale_provider libc locale 'C'`,
      )
      t.teardown(() => admin.unsafe(`drop database ${name} with (force)`))
      const other = url.replace(new URL(url).pathname, `/${name}`)
      t.match(
        (await refusal(migrate(other))).message,
        new RegExp(`"${name}" is encoded as ${encoding}.*UTF8`),
      )
      t.match((await refusal(pingOf({ url: other, name: 'test' }))).sentence, encoding)
    })
  }

  await t.test('transactions that are read only', async (t) => {
    const readOnly = postgres(url, { max: 1, connection: { default_transaction_read_only: true } })
    t.teardown(() => readOnly.end())
    t.match(await refusal(assertServer(readOnly)), { code: '25006', message: /read only\. Set default_/ })
  })

  await t.test('a standby', async (t) => {
    const folder = await temporaryDir('ikigai-standby-')
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const primary = await startPostgres({ dataDir: folder })
    await primary.stop()
    await writeFile(join(primary.dataDir, 'cluster', 'standby.signal'), '')
    const standby = await startPostgres({ dataDir: folder })
    t.teardown(() => standby.stop())
    const found = await refusal(pingOf({ url: standby.url, name: 'test' }))
    t.match(found, { code: '25006', sentence: /it is a standby.*the primary/ })
  })

  await t.test('no schema yet', async (t) => {
    const { url: empty } = await testDatabase(t, { migrated: false })
    const { message } = await refusal(pingOf({ url: empty, name: 'test', user: 'gateway' }))
    t.match(message, /^The table \w+ does not exist yet/)
  })

  await t.test('roles', async (t) => {
    const role = `test_${randomBytes(6).toString('hex')}`
    await admin.unsafe(`create role ${role} login password 'x' connection limit 3`)
    t.teardown(async () => {
      const inside = postgres(url, { max: 1, onnotice: () => {} })
      await inside.unsafe(`drop owned by ${role}; drop role ${role}`)
      await inside.end()
    })
    const asRole = url.replace(/\/\/[^@]*@/, `//${role}:x@`)
    t.match(
      (await refusal(migrate(asRole, { waitMs: 1 }))).message,
      /The role "test_\w+" of DATABASE_URL has no privileges in the database\. Run the program/,
    )
    t.match(
      (await refusal(pingOf({ url: asRole, name: 'test', user: 'fetcher', max: 2 }))).message,
      /may not \w+ the table \w+, and \d+ more privileges are missing/,
    )
    const few = await refusal(pingOf({ url: asRole, name: 'test', max: 10 }))
    t.match(few.message, /opens up to 10 connections, and PostgreSQL has 3 connections left/)
    t.equal(few.code, '53300', 'which is waited for')
    const held = [1, 2, 3].map(() => postgres(asRole, { max: 1 }))
    await Promise.all(held.map((each) => each`select 1`))
    t.match(
      (await refusal(pingOf({ url: asRole, name: 'test', max: 2 }))).message,
      /has none left|has \d connections left/,
    )
    await Promise.all(held.map((each) => each.end()))
  })
})
