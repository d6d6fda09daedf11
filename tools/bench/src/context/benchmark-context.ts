import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@ikigai/db'
import { findNatsServer, startNatsServer, startPostgres, workspaceRoot } from '@ikigai/dev-env'
import postgres from 'postgres'
import { programVersion } from '../versions.ts'
import { type Program, startProgram } from './program.ts'
import { type Service, startService } from './service.ts'

/** Servers and programs of one benchmark. Everything opened here is closed when it ends, last opened first. */
export interface BenchmarkContext {
  /** A short run, to see that all works: fewer and shorter rounds, smaller numbers. */
  readonly quick: boolean
  /** How many rounds count. */
  readonly rounds: number
  /**
   * Whether this benchmark has not yet used up its time, or this share of it (1: all). A machine that is busy measures
   * less often, and not for longer.
   */
  hasTime(share?: number): boolean
  /** How long one measurement lasts where time is what bounds it. */
  readonly roundMs: number
  /** A fresh database; migrated unless it is said not to be. Returns its URL. */
  database(options?: { readonly migrated?: boolean }): Promise<string>
  /** A fresh NATS server with JetStream. Returns its URL. */
  nats(): Promise<string>
  /** A program of `src/programs`. */
  program(name: string, env?: Readonly<Record<string, string>>): Promise<Program>
  /** Starts the built program of a package with a `main.ts`. `readyPath` is asked on the public port unless it is `/readyz`. */
  service(packageDir: string, env: Readonly<Record<string, string>>, readyPath?: string): Promise<Service>
  /** Does something when the benchmark ends. */
  defer(close: () => Promise<unknown>): void
  /** Prints a progress line. */
  note(text: string): void
}

/** The servers that all benchmarks of a run share, and the contexts on them. */
export interface BenchmarkServers {
  /** Versions of the servers, by name. */
  readonly versions: Readonly<Record<string, string>>
  context(): { readonly context: BenchmarkContext; close(): Promise<void> }
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL as it would run in production (every commit reaches the disk), and finds `nats-server`.
 */
export async function startBenchmarkServers(options: {
  quick: boolean
  note: (text: string) => void
}): Promise<BenchmarkServers> {
  const { quick, note } = options
  const cacheDir = join(workspaceRoot(), '.ikigai', 'cache')
  const natsServer = await findNatsServer({ cacheDir, path: process.env['NATS_SERVER'], onProgress: note })
  const server = await startPostgres({
    dataDir: await mkdtemp(join(tmpdir(), 'ikigai-bench-')),
    temporary: true,
    settings: {
      max_connections: 200,
      shared_buffers: '256MB',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      max_wal_size: '4GB',
    },
    onProgress: note,
  })

  async function database({ migrated = true } = {}): Promise<string> {
    const name = `bench_${randomBytes(6).toString('hex')}`
    const sql = postgres(server.url, { max: 1, onnotice: () => {} })
    await sql`create database ${sql(name)}`.finally(() => sql.end())
    const url = new URL(server.url)
    url.pathname = `/${name}`
    if (migrated) await migrate(url.href)
    return url.href
  }

  const [postgresVersion, natsVersion] = await Promise.all([
    serverVersion(server.url),
    programVersion(natsServer.path),
  ])
  return {
    versions: { postgresql: postgresVersion, 'nats-server': natsVersion },
    context() {
      const closers: (() => Promise<unknown>)[] = []
      const kept = <T extends { stop(): Promise<unknown> }>(opened: T) => {
        closers.push(() => opened.stop())
        return opened
      }
      const startedAt = performance.now()
      const budgetMs = quick ? 6_000 : 28_000
      const context: BenchmarkContext = {
        quick,
        hasTime: (share = 1) => performance.now() - startedAt < share * budgetMs,
        rounds: quick ? 2 : 4,
        roundMs: quick ? 400 : 1_000,
        database,
        nats: async () => {
          const storeDir = await mkdtemp(join(tmpdir(), 'ikigai-bench-nats-'))
          return kept(await startNatsServer({ path: natsServer.path, storeDir, temporary: true })).url
        },
        program: async (name, env = {}) => kept(await startProgram(name, env)),
        service: async (packageDir, env, readyPath) => kept(await startService(packageDir, env, readyPath)),
        defer: (close) => closers.push(close),
        note,
      }
      return {
        context,
        async close() {
          for (const close of closers.splice(0).reverse()) await close()
        },
      }
    },
    stop: () => server.stop(),
  }
}

async function serverVersion(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const [row] = await sql`show server_version`.finally(() => sql.end())
  return String(row?.['server_version'])
}
