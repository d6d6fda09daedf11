import { execFile } from 'node:child_process'
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testDatabase } from '@ikigai/testkit'
import postgres from 'postgres'
import t from 'tap'
import { MigrationMismatchError, migrate } from '../src/index.ts'

const run = promisify(execFile)
const packageDir = fileURLToPath(new URL('..', import.meta.url))
const migrationsDir = join(packageDir, 'migrations')

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly when: number; readonly tag: string }[]
}

const journal: Journal = JSON.parse(await readFile(join(migrationsDir, 'meta', '_journal.json'), 'utf8'))

t.test('migrations: four replicas at once on an empty database apply each one once', async (t) => {
  const { url } = await testDatabase(t, { migrated: false })
  await Promise.all(Array.from({ length: 4 }, () => migrate(url)))
  const sql = postgres(url, { max: 1 })
  t.teardown(() => sql.end())
  const applied = await sql<{ at: string }[]>`
    select created_at::text as at from drizzle.__drizzle_migrations order by created_at`
  t.same(
    applied.map(({ at }) => Number(at)),
    journal.entries.map(({ when }) => when),
  )
  await migrate(url)
  t.pass('and again, which does nothing')
})

t.test('migration: a database of another installation is left alone', async (t) => {
  const { url } = await testDatabase(t)
  const sql = postgres(url, { max: 1 })
  t.teardown(() => sql.end())
  await sql`update drizzle.__drizzle_migrations set hash = 'of another'`
  await t.rejects(migrate(url), {
    name: MigrationMismatchError.name,
    exitCode: 78,
    message: /other migrations/,
  })
})

t.test('the journal is one line: nothing skipped, nothing that Drizzle would pass over', async (t) => {
  const { entries } = journal
  t.same(
    entries.map(({ idx }) => idx),
    entries.map((_, index) => index),
    'numbered without a gap',
  )
  const moments = entries.map(({ when }) => when)
  t.same(
    moments,
    [...new Set(moments)].sort((a, b) => a - b),
    'each later than the one before',
  )
  const files = await readdir(migrationsDir)
  t.same(files.filter((name) => name.endsWith('.sql')).sort(), entries.map(({ tag }) => `${tag}.sql`).sort())
  const snapshots = await readdir(join(migrationsDir, 'meta'))
  const expected = entries.map(({ tag }) => `${tag.slice(0, 4)}_snapshot.json`)
  t.same(snapshots.filter((name) => name.endsWith('_snapshot.json')).sort(), expected.sort())
})

t.test('migration: the migrations make what the schema says', async (t) => {
  // drizzle-kit takes relative folders alone.
  const copy = `.drift-${process.pid}`
  t.teardown(() => rm(join(packageDir, copy), { recursive: true, force: true }))
  await cp(migrationsDir, join(packageDir, copy), { recursive: true })
  const kit = fileURLToPath(import.meta.resolve('drizzle-kit')).replace(/[^/]+$/, 'bin.cjs')
  const dialect = ['--dialect=postgresql', `--out=${copy}`]
  const drizzleKit = (...args: string[]) =>
    run(process.execPath, [kit, ...args, ...dialect], { cwd: packageDir })
  await drizzleKit('check')
  const { stdout } = await drizzleKit('generate', '--schema=./src/schema/*.ts', '--name=drift')
  t.match(stdout, 'No schema changes')
  t.same(await readdir(join(packageDir, copy)), await readdir(migrationsDir))
})
