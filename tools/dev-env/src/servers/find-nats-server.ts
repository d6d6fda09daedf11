import { execFile } from 'node:child_process'
import {
  access,
  chmod,
  constants,
  copyFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { MissingPartError } from './errors.ts'
import { unpackFromApt } from './nats-from-apt.ts'
import { downloadRelease, RELEASE_VERSION } from './nats-from-release.ts'
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

/** A download that has failed is not tried again for so long where an older server does. */
const RELEASE_RETRY_MS = 86_400_000

/**
 * Finds a nats-server, or fetches one without root and without changing the system. In this order: `path`; one of the PATH
 * or the cache that is not older than the pinned release; that release; an older one of the PATH or the cache; the package
 * of the system's own package manager (Debian, Ubuntu).
 *
 * @throws MissingPartError that lists what was tried and says what to do
 */
export async function findNatsServer(options: FindNatsServerOptions): Promise<NatsServerBinary> {
  const onProgress = options.onProgress ?? (() => {})
  if (options.path !== undefined && options.path !== '') return await namedServer(options.path)
  const tried: string[] = []
  const cacheDir = resolve(options.cacheDir)
  const cached = join(cacheDir, 'nats-server')
  let older: NatsServerBinary | undefined
  const folders = options.folders ?? [...foldersOfPath(), ...MORE_FOLDERS]
  for (const candidate of [...new Set(folders)].map((folder) => join(folder, 'nats-server')).concat(cached)) {
    const found = await usable(candidate, tried)
    if (found !== undefined && !isOlder(found.version, RELEASE_VERSION)) return found
    older ??= found
  }
  const failure = join(cacheDir, `release-${RELEASE_VERSION}-failed`)
  if (older !== undefined && (await isRecent(failure))) return older
  const release = await intoCache(downloadRelease, cacheDir, cached, tried, onProgress)
  if (release !== undefined) return release
  await writeFile(failure, '').catch(() => {})
  if (older !== undefined) {
    onProgress(`using ${older.path}, version ${older.version}`)
    return older
  }
  const packaged = await intoCache(unpackFromApt, cacheDir, cached, tried, onProgress)
  if (packaged !== undefined) return packaged
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
  let folder: string | undefined
  try {
    await mkdir(cacheDir, { recursive: true })
    folder = await mkdtemp(join(cacheDir, 'fetch-'))
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
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
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

/** Whether a file is there that was written less than {@link RELEASE_RETRY_MS} ago. */
async function isRecent(path: string): Promise<boolean> {
  return await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs < RELEASE_RETRY_MS,
    () => false,
  )
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
