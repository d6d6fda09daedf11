import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { backups, type Db } from '@ikigai/db'
import { max } from 'drizzle-orm'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'

const DAY_MS = 86_400_000
const GIB = 2 ** 30
const LITTLE_SPACE_GIB = 5
const TOO_LITTLE_SPACE_GIB = 1
const MAX_BACKUP_AGE_DAYS = 2
const ADVICE = 'See docs/operations/backup.md.'

/** Free space on the disk of the installation's folder. */
export async function diskFindings(folder: string): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(folder)
  return [diskFinding((bavail * bsize) / GIB)]
}

export function diskFinding(freeGib: number): Finding {
  const detail = `${freeGib.toFixed(1)} GiB free`
  if (freeGib < TOO_LITTLE_SPACE_GIB)
    return failed('disk', detail, 'Free space now: PostgreSQL and NATS stop without it.')
  return freeGib < LITTLE_SPACE_GIB
    ? warning('disk', detail, 'Free space, or enlarge the disk.')
    : ok('disk', detail)
}

/**
 * Age of the newest backup: a file in the installation's folder `backups`, otherwise the newest recorded in the database, for
 * backups that are kept elsewhere.
 */
export async function backupFindings(folder: string, db: Db, now: () => number): Promise<readonly Finding[]> {
  const [row] = await db.select({ madeAt: max(backups.madeAt) }).from(backups)
  const names = (await readdir(folder).catch(() => undefined))?.filter((name) => name.endsWith('.dump'))
  const times = await Promise.all((names ?? []).map(async (name) => (await stat(join(folder, name))).mtimeMs))
  const recorded = row?.madeAt?.getTime()
  const isHere = times.length > 0
  if (!isHere && recorded === undefined) {
    return names === undefined
      ? [skipped('backup', `no folder ${folder}, and none is recorded`)]
      : [warning('backup', 'none', ADVICE)]
  }
  const days = (now() - (isHere ? Math.max(...times) : (recorded ?? 0))) / DAY_MS
  const detail = `the newest ${isHere ? 'file' : 'that is recorded'} is ${days < 1 ? 'less than a day' : `${Math.floor(days)} days`} old`
  return [days > MAX_BACKUP_AGE_DAYS ? warning('backup', detail, ADVICE) : ok('backup', detail)]
}
