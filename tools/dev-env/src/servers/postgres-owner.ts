import { execFile, spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { MissingPartError } from './errors.ts'
import type { OnProgress } from './server.ts'
import type { ProcessOwner } from './server-process.ts'

const run = promisify(execFile)
const ACCOUNT = 'postgres'

/**
 * The user that PostgreSQL must run as: `undefined` (this one) unless this process is root, which PostgreSQL refuses.
 * Data of an earlier start keep their owner; else it is the account `postgres`, created when missing.
 *
 * @throws MissingPartError when the account cannot be had
 */
export async function postgresOwner(
  clusterDir: string,
  onProgress: OnProgress,
): Promise<ProcessOwner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const existing = await stat(clusterDir).catch(() => undefined)
  if (existing !== undefined && existing.uid !== 0) return { uid: existing.uid, gid: existing.gid }
  const known = await lookUp()
  if (known !== undefined) return known
  onProgress(`creating the system account ${ACCOUNT}, because PostgreSQL does not run as root`)
  await createAccount()
  const created = await lookUp()
  if (created !== undefined) return created
  throw new MissingPartError(
    'a user for PostgreSQL',
    `PostgreSQL does not run as root, and the account "${ACCOUNT}" could not be created. ` +
      `Create it (useradd --system ${ACCOUNT}), run this as another user, or set DATABASE_URL to a server of your own.`,
  )
}

/** Whether `owner` may do `test <flag> <path>`, asked of the system itself, as that user. */
export function ownerMay(owner: ProcessOwner, flag: '-r' | '-x' | '-w', path: string): boolean {
  return spawnSync('/bin/sh', ['-c', `test ${flag} "$1"`, 'sh', path], { cwd: '/', ...owner }).status === 0
}

async function lookUp(): Promise<ProcessOwner | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', ACCOUNT]), run('id', ['-g', ACCOUNT])])
    return { uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) }
  } catch {
    return undefined
  }
}

async function createAccount(): Promise<void> {
  const shadow = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/var/lib/postgresql',
    ACCOUNT,
  ]
  const busybox = ['-S', '-D', '-H', '-h', '/var/lib/postgresql', ACCOUNT]
  await run('useradd', shadow).catch(() => run('adduser', busybox).catch(() => undefined))
}
