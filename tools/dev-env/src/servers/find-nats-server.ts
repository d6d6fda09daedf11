import { execFile } from 'node:child_process'
import { access, chmod, constants, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { MissingPartError } from './errors.ts'
import { unpackFromApt } from './nats-from-apt.ts'
import { downloadRelease } from './nats-from-release.ts'
import type { OnProgress } from './server.ts'

export interface FindNatsServerOptions {
  /** Where a server that had to be fetched is kept for the next time; made when missing. */
  readonly cacheDir: string
  /** A program to use instead of any other, as the environment variable `NATS_SERVER` names one. */
  readonly path?: string | undefined
  /** The folders to look in first; default: those of the PATH, and a few that are often missing from it. */
  readonly folders?: readonly string[]
  readonly onProgress?: OnProgress
}

export interface NatsServerBinary {
  readonly path: string
  /** For example `2.14.5`. */
  readonly version: string
}

const run = promisify(execFile)

/** The oldest server whose JetStream has what we use. */
const OLDEST = '2.9.10'

/** Folders that are often missing from the PATH of a plain user. */
const MORE_FOLDERS = ['/usr/local/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin']

/**
 * Finds a nats-server, or fetches one without root and without changing the system. In this order: `path`, the PATH,
 * the cache, the package of the system's own package manager (Debian, Ubuntu), the official release.
 *
 * @throws MissingPartError that lists what was tried and says what to do
 */
export async function findNatsServer(options: FindNatsServerOptions): Promise<NatsServerBinary> {
  const onProgress = options.onProgress ?? (() => {})
  if (options.path !== undefined && options.path !== '') return await namedServer(options.path)
  const tried: string[] = []
  const cacheDir = resolve(options.cacheDir)
  const cached = join(cacheDir, 'nats-server')
  const folders = options.folders ?? [...foldersOfPath(), ...MORE_FOLDERS]
  for (const candidate of [...new Set(folders)].map((folder) => join(folder, 'nats-server')).concat(cached)) {
    const found = await usable(candidate, tried)
    if (found !== undefined) return found
  }
  await mkdir(cacheDir, { recursive: true })
  for (const fetchInto of [unpackFromApt, downloadRelease]) {
    const found = await intoCache(fetchInto, cacheDir, cached, tried, onProgress)
    if (found !== undefined) return found
  }
  throw new MissingPartError('nats-server', explain(tried))
}

/** Puts a nats-server below `folder` and returns its path. Throws, with a reason a person understands, when it cannot. */
export type FetchInto = (folder: string, onProgress: OnProgress) => Promise<string>

async function namedServer(path: string): Promise<NatsServerBinary> {
  const tried: string[] = []
  const found = await usable(path, tried)
  if (found !== undefined) return found
  const reason = tried[0] ?? `${path}: there is no such program`
  throw new MissingPartError(
    'nats-server',
    `The nats-server that NATS_SERVER names cannot be used. ${reason}`,
  )
}

function foldersOfPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
}

/** The program with its version, or `undefined` when it is missing, does not run or is too old (the latter two noted). */
async function usable(path: string, tried: string[]): Promise<NatsServerBinary | undefined> {
  if (!(await isExecutable(path))) return undefined
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 })
    const version = /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1]
    if (version === undefined) tried.push(`${path}: does not report its version`)
    else if (isOlder(version, OLDEST)) tried.push(`${path}: version ${version} is older than ${OLDEST}`)
    else return { path, version }
  } catch (error) {
    tried.push(`${path}: does not run (${reasonOf(error)})`)
  }
  return undefined
}

async function intoCache(
  fetchInto: FetchInto,
  cacheDir: string,
  cached: string,
  tried: string[],
  onProgress: OnProgress,
): Promise<NatsServerBinary | undefined> {
  const folder = await mkdtemp(join(cacheDir, 'fetch-'))
  try {
    const fetched = await fetchInto(folder, onProgress)
    const draft = join(folder, 'nats-server.new')
    await copyFile(fetched, draft)
    await chmod(draft, 0o755)
    if ((await usable(draft, tried)) === undefined) return undefined
    await rename(draft, cached)
    return await usable(cached, tried)
  } catch (error) {
    tried.push(reasonOf(error))
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Whether version `a` is older than version `b`; both are three numbers with dots. */
export function isOlder(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) < 0
}

function explain(tried: readonly string[]): string {
  const install = process.platform === 'darwin' ? 'brew install nats-server' : 'apt-get install nats-server'
  return [
    `No nats-server was found or could be fetched (version ${OLDEST} or newer is needed). Tried:`,
    '  the PATH and the cache: no usable nats-server',
    ...tried.map((attempt) => `  ${attempt}`),
    `Install one (${install}, or https://github.com/nats-io/nats-server/releases), name one with NATS_SERVER=/path/to/nats-server,`,
    'or set NATS_URL to use a server that runs already.',
  ].join('\n')
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
