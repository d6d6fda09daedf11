import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { PortInUseError, ServerFailedError } from './errors.ts'
import { assertPortFree, freePort } from './ports.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import {
  type Cluster,
  clearFormerServer,
  clusterDirOf,
  postgresEnvironment,
  prepareCluster,
  reachableDataDir,
  SUPERUSER,
} from './postgres-cluster.ts'
import { postgresOwner } from './postgres-owner.ts'
import type { OnProgress, RunningServer } from './server.ts'
import { type ProcessOwner, type ServerProcess, spawnServer } from './server-process.ts'

export interface StartPostgresOptions {
  /** The folder for the data, the password and the log; made when missing. */
  readonly dataDir: string
  /** Loopback port; a free one when left out. */
  readonly port?: number
  /** The database that `url` names, made when missing; default `ikigai`. */
  readonly database?: string
  /** The folder of another PostgreSQL's programs (`bin`, `lib`, `share`) than the embedded one. */
  readonly programs?: string | undefined
  /** Trades safety for speed and removes the data on `stop`: for tests. */
  readonly temporary?: boolean
  /** Parameters of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly onProgress?: OnProgress
}

const READY_TIMEOUT_MS = 60_000

const TEMPORARY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * Starts a real PostgreSQL that listens on the loopback interface alone and asks for a password (scram). Started by
 * root it runs as the account `postgres`. It resolves once the server takes connections.
 *
 * @throws PortInUseError, MissingPartError, AlreadyRunningError, ServerFailedError
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningServer> {
  const onProgress = options.onProgress ?? (() => {})
  const wanted = resolve(options.dataDir)
  const owner = await postgresOwner(clusterDirOf(wanted), onProgress)
  const binaries = await postgresBinaries(owner, onProgress, options.programs)
  const dataDir = await reachableDataDir(wanted, owner, onProgress)
  await clearFormerServer(dataDir)
  if (options.port !== undefined) await assertPortFree('PostgreSQL', options.port)
  const cluster = await prepareCluster(dataDir, binaries, owner, onProgress)
  const port = options.port ?? (await freePort())
  const server = await launch(cluster, binaries, owner, port, options)
  try {
    await waitUntilReady(server, cluster, port)
    const url = await ensureDatabase(cluster, port, options.database ?? 'ikigai')
    const { pid, logFile, exited, kill } = server
    return { url, port, pid, dataDir, logFile, exited, stop, kill }
  } catch (error) {
    await stop()
    throw error
  }

  async function stop(): Promise<void> {
    await server.stop()
    if (options.temporary === true) await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

function launch(
  cluster: Cluster,
  binaries: PostgresBinaries,
  owner: ProcessOwner | undefined,
  port: number,
  options: StartPostgresOptions,
): Promise<ServerProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    ...(options.temporary === true ? TEMPORARY_SETTINGS : {}),
    ...options.settings,
  }
  return spawnServer({
    name: 'PostgreSQL',
    command: binaries.postgres,
    args: [
      '-D',
      cluster.clusterDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: cluster.dataDir,
    env: postgresEnvironment(),
    logFile: join(cluster.dataDir, 'postgres.log'),
    // PostgreSQL's "fast" shutdown, and the "immediate" one for when that takes too long.
    stopSignal: 'SIGINT',
    forceSignal: 'SIGQUIT',
    owner,
    removeDir: options.temporary === true ? cluster.dataDir : undefined,
  })
}

/** The server itself writes its state into the eighth line of its lock file. */
async function waitUntilReady(server: ServerProcess, cluster: Cluster, port: number): Promise<void> {
  const lockFile = join(cluster.clusterDir, 'postmaster.pid')
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    if (server.hasExited()) {
      const log = server.lastLines()
      if (log.includes('could not bind')) throw new PortInUseError('PostgreSQL', port)
      throw new ServerFailedError('PostgreSQL', 'ended while it was starting', log)
    }
    const lines = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n')
    if (lines[0] === String(server.pid) && ['ready', 'standby'].includes(lines[7]?.trim() ?? '')) return
    if (Date.now() > deadline) {
      throw new ServerFailedError(
        'PostgreSQL',
        `was not ready after ${READY_TIMEOUT_MS / 1000} s`,
        server.lastLines(),
      )
    }
    await delay(10)
  }
}

async function ensureDatabase(cluster: Cluster, port: number, database: string): Promise<string> {
  const urlOf = (name: string) =>
    `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${encodeURIComponent(name)}`
  const sql = postgres(urlOf('postgres'), { max: 1, onnotice: () => {} })
  try {
    const found = await sql`select 1 from pg_database where datname = ${database}`
    if (found.length === 0) await sql`create database ${sql(database)}`
  } finally {
    await sql.end()
  }
  return urlOf(database)
}
