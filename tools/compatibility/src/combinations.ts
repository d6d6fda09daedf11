import { join } from 'node:path'
import { unpackFromDebian } from './debian.ts'
import type { PoolerProgram } from './pooler.ts'
import { postgresPrograms } from './postgres-programs.ts'

/** One row of the table: what the tests run against. */
export interface Combination {
  readonly name: string
  readonly files: readonly string[]
  /** Brings what it needs onto this machine. */
  prepare(cacheDir: string): Promise<Parts>
}

/** Versions to test with; the embedded PostgreSQL and the nats-server found by default. */
export interface Parts {
  readonly postgresPrograms?: string
  readonly natsServer?: string
  readonly pooler?: PoolerProgram
}

/** Everything that a query, a transaction, a migration and a role go through. */
const POSTGRES_FILES = [
  ...['changed-schema', 'failed-statements', 'lost-connection', 'migrate', 'prepared-statements'],
  ...['roles', 'session-settings', 'activity-columns'],
]
  .map((name) => `packages/db/test/${name}.test.ts`)
  .concat(
    'packages/outbox/test/relay.test.ts',
    'packages/quota/test/processes.test.ts',
    'services/auth/test/sign-in.test.ts',
    'services/fetcher/test/queue.test.ts',
    'services/gateway/test/activities.test.ts',
    'services/gateway/test/random.test.ts',
    'tools/system-tests/test/sign-up.test.ts',
  )

/** Streams, consumers, requests, permissions, and services that lose the server. */
const NATS_FILES = [
  ...['circumstances', 'permissions', 'requests', 'streams', 'consume'].map(
    (name) => `packages/bus/test/${name}.test.ts`,
  ),
  'packages/outbox/test/relay.test.ts',
  'services/gateway/test/teams.test.ts',
  'services/ingest/test/outage.test.ts',
  'tools/system-tests/test/sign-up.test.ts',
  'tools/system-tests/test/webhooks.test.ts',
]

/** Components that go through a pooler in production: services with roles of their own, the relay, the ledger, the migrations. */
const POOLER_FILES = [
  'packages/db/test/failed-statements.test.ts',
  'packages/db/test/pooler.test.ts',
  'packages/outbox/test/relay.test.ts',
  'packages/quota/test/processes.test.ts',
  'services/auth/test/grants.test.ts',
  'services/auth/test/sign-in.test.ts',
  'services/fetcher/test/queue.test.ts',
  'services/gateway/test/activities.test.ts',
  'services/gateway/test/random.test.ts',
  'tools/system-tests/test/sign-up.test.ts',
]

const onPostgres = (major: number, version: string): Combination => ({
  name: `PostgreSQL ${major}`,
  files: POSTGRES_FILES,
  prepare: async (cacheDir) => ({ postgresPrograms: await postgresPrograms(version, cacheDir) }),
})

const onNats = (name: string, suite: string): Combination => ({
  name,
  files: NATS_FILES,
  prepare: async (cacheDir) => ({
    natsServer: join(await unpackFromDebian(suite, ['nats-server'], cacheDir), 'usr/sbin/nats-server'),
  }),
})

/** With the libraries of its own release of Debian, which this machine may not have. */
const TRIXIE_LIBRARIES = [
  'libaudit1',
  'libc6',
  'libcap-ng0',
  'libcap2',
  'libcares2',
  'libevent-2.1-7t64',
].concat(['libpam0g', 'libssl3t64', 'libsystemd0', 'libzstd1', 'zlib1g'])

const newPooler = async (cacheDir: string): Promise<PoolerProgram> => {
  const root = await unpackFromDebian('trixie', ['pgbouncer', ...TRIXIE_LIBRARIES], cacheDir)
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  return {
    command: join(libraries, 'ld-linux-x86-64.so.2'),
    args: ['--library-path', libraries, join(root, 'usr/sbin/pgbouncer')],
    prepares: true,
  }
}

const oldPooler = async (cacheDir: string): Promise<PoolerProgram> => {
  const root = await unpackFromDebian('bookworm', ['pgbouncer', 'libevent-2.1-7', 'libc-ares2'], cacheDir)
  return {
    command: 'env',
    args: [`LD_LIBRARY_PATH=${join(root, 'usr/lib/x86_64-linux-gnu')}`, join(root, 'usr/sbin/pgbouncer')],
    prepares: false,
  }
}

/** Everything that is tried. */
export const COMBINATIONS: readonly Combination[] = [
  onPostgres(15, '15.18.0-beta.17'),
  onPostgres(16, '16.14.0-beta.17'),
  onPostgres(17, '17.10.0-beta.17'),
  { name: 'PostgreSQL 18', files: POSTGRES_FILES, prepare: async () => ({}) },
  onNats('nats-server 2.9', 'bookworm'),
  onNats('nats-server 2.10', 'trixie'),
  onNats('nats-server 2.15', 'sid'),
  {
    name: 'PgBouncer 1.24, PostgreSQL 18',
    files: POOLER_FILES,
    prepare: async (cacheDir) => ({ pooler: await newPooler(cacheDir) }),
  },
  {
    name: 'PgBouncer 1.24, PostgreSQL 15',
    files: POOLER_FILES,
    prepare: async (cacheDir) => ({
      pooler: await newPooler(cacheDir),
      postgresPrograms: await postgresPrograms('15.18.0-beta.17', cacheDir),
    }),
  },
  {
    name: 'PgBouncer 1.18 without prepared statements',
    files: POOLER_FILES,
    prepare: async (cacheDir) => ({ pooler: await oldPooler(cacheDir) }),
  },
]
