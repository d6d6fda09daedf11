import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ServerFailedError } from './errors.ts'
import { type PostgresBinaries, SYSTEM_DIR } from './postgres-binaries.ts'
import { ownerMay } from './postgres-owner.ts'
import { waitUntilGone } from './processes.ts'
import type { OnProgress } from './server.ts'
import type { ProcessOwner } from './server-process.ts'

const run = promisify(execFile)

export const SUPERUSER = 'postgres'

/** The files of one cluster, all below `dataDir`. */
export interface Cluster {
  readonly dataDir: string
  readonly clusterDir: string
  readonly password: string
}

/** PostgreSQL's own folder inside a data folder. */
export function clusterDirOf(dataDir: string): string {
  return join(dataDir, 'cluster')
}

/** `dataDir`, or a folder outside the project when the server's user has no way into it (below /root, for example). */
export async function reachableDataDir(
  dataDir: string,
  owner: ProcessOwner | undefined,
  onProgress: OnProgress,
): Promise<string> {
  await mkdir(dataDir, { recursive: true })
  if (owner === undefined || ownerMay(owner, '-x', dirname(dataDir))) return dataDir
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const substitute = join(SYSTEM_DIR, name)
  onProgress(
    `keeping the database in ${substitute}, because PostgreSQL's user has no way into ${dirname(dataDir)}`,
  )
  await mkdir(substitute, { recursive: true })
  await chmod(SYSTEM_DIR, 0o755)
  return substitute
}

/**
 * The cluster in `dataDir`, created with a random password on first use. A creation that was interrupted is begun
 * anew; data of earlier starts are left as they are.
 *
 * @throws ServerFailedError when `initdb` fails, or the folder belongs to somebody else
 */
export async function prepareCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  owner: ProcessOwner | undefined,
  onProgress: OnProgress,
): Promise<Cluster> {
  if (owner !== undefined) await chown(dataDir, owner.uid, owner.gid)
  const clusterDir = clusterDirOf(dataDir)
  const passwordFile = join(dataDir, 'password')
  if ((await stat(clusterDir).catch(() => undefined)) === undefined) {
    onProgress('creating the database cluster')
    await createCluster(dataDir, clusterDir, passwordFile, binaries, owner)
  }
  return { dataDir, clusterDir, password: await readPassword(passwordFile) }
}

async function createCluster(
  dataDir: string,
  clusterDir: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  owner: ProcessOwner | undefined,
): Promise<void> {
  const draft = `${clusterDir}.new`
  await rm(draft, { recursive: true, force: true })
  await writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 })
  if (owner !== undefined) await chown(passwordFile, owner.uid, owner.gid)
  const args = [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    // The password is random: to stretch it would only cost each connection some milliseconds.
    ...(binaries.major >= 16 ? ['--set=scram_iterations=1'] : []),
    '--encoding=UTF8',
    '--locale=C',
    ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
    '--no-sync',
    '--no-instructions',
  ]
  await run(binaries.initdb, args, { cwd: dataDir, env: postgresEnvironment(), ...owner }).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw new ServerFailedError('PostgreSQL', 'could not create its data folder', reason)
    },
  )
  await rename(draft, clusterDir)
}

async function readPassword(passwordFile: string): Promise<string> {
  try {
    return (await readFile(passwordFile, 'utf8')).trim()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerFailedError(
      'PostgreSQL',
      `cannot use ${dirname(passwordFile)} (${reason}). Start as the user who created it, or remove the folder to begin with an empty database`,
    )
  }
}

/** The environment for PostgreSQL's programs: ours without the variables that they would read. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  )
  return { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C' }
}

/**
 * Makes sure that no server of an earlier start is left on the cluster, and removes the lock file that a killed one
 * left behind when its process id now belongs to another program (after a restart of a container, for example).
 *
 * @throws AlreadyRunningError
 */
export async function clearFormerServer(dataDir: string): Promise<void> {
  const clusterDir = clusterDirOf(dataDir)
  const lockFile = join(clusterDir, 'postmaster.pid')
  const content = await readFile(lockFile, 'utf8').catch(() => '')
  const pid = Number.parseInt(content, 10)
  if (!Number.isInteger(pid)) return
  await waitUntilGone('PostgreSQL', pid, clusterDir, dataDir)
  await rm(lockFile, { force: true })
}
