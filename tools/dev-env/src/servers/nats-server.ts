import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PortInUseError, ServerFailedError } from './errors.ts'
import { assertPortFree } from './ports.ts'
import { waitUntilGone } from './processes.ts'
import type { RunningServer } from './server.ts'
import { type ServerProcess, spawnServer } from './server-process.ts'

export interface StartNatsServerOptions {
  /** The program, from `findNatsServer`. */
  readonly path: string
  /** The folder for JetStream's files, the log and the process id; made when missing. */
  readonly storeDir: string
  /** Loopback port; a free one, chosen by the server, when left out. */
  readonly port?: number
  /** A configuration file for everything beyond port, store and user. */
  readonly configFile?: string
  /** Credentials that clients must give; not part of `url`, where NATS clients do not look. Not together with `configFile`. */
  readonly user?: string
  readonly password?: string
  /** Whether it has JetStream; it has by default. */
  readonly jetStream?: boolean
  /** Removes `storeDir` on `stop`: for tests. */
  readonly temporary?: boolean
}

const READY_TIMEOUT_MS = 20_000

/**
 * Starts a NATS server with JetStream that listens on the loopback interface alone. It resolves once the server takes
 * connections.
 *
 * @throws PortInUseError, AlreadyRunningError, ServerFailedError
 */
export async function startNatsServer(options: StartNatsServerOptions): Promise<RunningServer> {
  const storeDir = resolve(options.storeDir)
  const portsDir = join(storeDir, 'ports')
  await clearFormerServer(storeDir)
  await rm(portsDir, { recursive: true, force: true })
  await mkdir(portsDir, { recursive: true })
  if (options.port !== undefined) await assertPortFree('NATS', options.port)
  const server = await spawnServer({
    name: 'NATS',
    command: options.path,
    args: await serverArguments(options, storeDir, portsDir),
    cwd: storeDir,
    logFile: join(storeDir, 'nats.log'),
    stopSignal: 'SIGINT',
    forceSignal: 'SIGKILL',
    removeDir: options.temporary === true ? storeDir : undefined,
  })
  try {
    const port = await readPort(server, portsDir, options.port)
    const url = `nats://127.0.0.1:${port}`
    const { pid, logFile, exited, kill } = server
    return { url, port, pid, dataDir: storeDir, logFile, exited, stop, kill }
  } catch (error) {
    await stop()
    throw error
  }

  async function stop(): Promise<void> {
    await server.stop()
    if (options.temporary === true) await rm(storeDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function serverArguments(
  options: StartNatsServerOptions,
  storeDir: string,
  portsDir: string,
): Promise<readonly string[]> {
  return [
    ...['--config', await serverConfig(options, storeDir)],
    ...['--addr', '127.0.0.1', '--port', String(options.port ?? -1)],
    ...['--pid', pidFileOf(storeDir), '--ports_file_dir', portsDir],
  ]
}

/** JetStream is enabled in the file: enabled by an argument, a reload of the configuration would disable it. */
async function serverConfig(options: StartNatsServerOptions, storeDir: string): Promise<string> {
  const included = options.configFile ?? (await userConfig(options, storeDir))
  const lines = [
    ...(options.jetStream === false ? [] : [`jetstream { store_dir: ${JSON.stringify(storeDir)} }`]),
    // A path is read as seen from this file, even one that begins with a slash.
    ...(included === undefined ? [] : [`include ${JSON.stringify(relative(storeDir, resolve(included)))}`]),
  ]
  const file = join(storeDir, 'server.conf')
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

/** Credentials go into a file, because every user of the machine can read arguments. */
async function userConfig(options: StartNatsServerOptions, storeDir: string): Promise<string | undefined> {
  if (options.user === undefined) return undefined
  const file = join(storeDir, 'users.conf')
  const user = JSON.stringify(options.user)
  const password = JSON.stringify(options.password ?? '')
  await writeFile(file, `authorization { user: ${user}, password: ${password} }\n`, { mode: 0o600 })
  return file
}

/** The server writes its ports to a file as soon as it listens. */
async function readPort(
  server: ServerProcess,
  portsDir: string,
  wanted: number | undefined,
): Promise<number> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    if (server.hasExited()) {
      const log = server.lastLines()
      if (wanted !== undefined && log.includes('address already in use'))
        throw new PortInUseError('NATS', wanted)
      throw new ServerFailedError('NATS', 'ended while it was starting', log)
    }
    // The file is written in place: an unfinished one has no complete address yet.
    const found = /"nats:\/\/[^"]*:(\d+)"/.exec(await readPortsFile(portsDir, server.pid))
    if (found?.[1] !== undefined) return Number(found[1])
    if (Date.now() > deadline) {
      throw new ServerFailedError(
        'NATS',
        `was not ready after ${READY_TIMEOUT_MS / 1000} s`,
        server.lastLines(),
      )
    }
    await delay(5)
  }
}

/** The file begins with the name of the program, whatever that is here. Empty while there is none. */
async function readPortsFile(portsDir: string, pid: number): Promise<string> {
  const names = await readdir(portsDir).catch(() => [])
  const name = names.find((each) => each.endsWith(`_${pid}.ports`))
  return name === undefined ? '' : await readFile(join(portsDir, name), 'utf8').catch(() => '')
}

function pidFileOf(storeDir: string): string {
  return join(storeDir, 'nats.pid')
}

async function clearFormerServer(storeDir: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFileOf(storeDir), 'utf8').catch(() => ''), 10)
  if (!Number.isInteger(pid)) return
  await waitUntilGone('NATS', pid, storeDir, storeDir)
  await rm(pidFileOf(storeDir), { force: true })
}
