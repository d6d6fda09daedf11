import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres, temporaryDir, workspaceRoot } from '@ikigai/dev-env'
import postgres from 'postgres'
import type { TestContext } from './test-context.ts'

export interface TestDatabaseOptions {
  /** `false` for an empty database, without ikigai's migrations. */
  readonly migrated?: boolean
}

export interface TestDatabase {
  /** As its owner, who may do anything with it. */
  readonly url: string
  /** The server's own database. */
  readonly serverUrl: string
}

/** Advisory lock (an arbitrary number) of the process that creates the template. */
const TEMPLATE_LOCK = 2_026_112_401

/**
 * A database for this test alone, with ikigai's migrations applied, gone when the test ends. The server is the one that
 * the environment variable IKIGAI_TEST_POSTGRES_URL names (a role that may create databases), else an embedded one that
 * lives as long as this process. The database's URL leads through the pooler that IKIGAI_TEST_POSTGRES_POOLER names
 * (`host:port?parameters`), if any.
 */
export async function testDatabase(t: TestContext, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const serverUrl = process.env['IKIGAI_TEST_POSTGRES_URL'] ?? (await ownServer())
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(serverUrl, async (sql) => {
    const template = options.migrated === false ? 'template1' : await migratedTemplate(sql, serverUrl)
    // Copying files: through the write-ahead log it would take three times as long.
    await sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`
  })
  t.teardown(() => administer(serverUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`))
  return { url: behindPooler(withDatabase(serverUrl, name)), serverUrl }
}

function behindPooler(url: string): string {
  const pooler = process.env['IKIGAI_TEST_POSTGRES_POOLER']
  if (pooler === undefined) return url
  const [host = '', parameters = ''] = pooler.split('?')
  const pooled = new URL(url)
  pooled.host = host
  pooled.search = parameters
  return pooled.href
}

let ownServerUrl: Promise<string> | undefined

function ownServer(): Promise<string> {
  ownServerUrl ??= startOwnServer()
  return ownServerUrl
}

async function startOwnServer(): Promise<string> {
  const dataDir = await temporaryDir('ikigai-postgres-')
  const server = await startPostgres({ dataDir, temporary: true })
  return server.url
}

/** Name of the template database with all migrations, created at its first use; other migrations give another template. */
async function migratedTemplate(sql: postgres.Sql, serverUrl: string): Promise<string> {
  const name = `ikigai_template_${await migrationsFingerprint()}`
  await sql`select pg_advisory_lock(${TEMPLATE_LOCK})`
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`
    if (found.length === 0) await createTemplate(sql, serverUrl, name)
  } finally {
    await sql`select pg_advisory_unlock(${TEMPLATE_LOCK})`
  }
  return name
}

/** Creates the template under another name until it is complete, so that a half-migrated one is never used. */
async function createTemplate(sql: postgres.Sql, serverUrl: string, name: string): Promise<void> {
  const draft = `${name}_draft`
  const { migrate } = await import('@ikigai/db')
  await sql`drop database if exists ${sql(draft)} with (force)`
  await sql`create database ${sql(draft)}`
  await migrate(withDatabase(serverUrl, draft))
  await sql`alter database ${sql(draft)} rename to ${sql(name)}`
}

async function migrationsFingerprint(): Promise<string> {
  const folder = join(workspaceRoot(), 'packages', 'db', 'migrations')
  const names = await readdir(folder, { recursive: true })
  const hash = createHash('sha256')
  for (const name of names.filter((file) => /\.(sql|json)$/.test(file)).sort()) {
    hash.update(name).update(await readFile(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 12)
}

/** One connection to the server's own database, for as long as `work` lasts. */
async function administer<T>(serverUrl: string, work: (sql: postgres.Sql) => Promise<T>): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}
