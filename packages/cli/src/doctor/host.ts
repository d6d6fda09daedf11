import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'

const DAY_MS = 86_400_000
const GIB = 2 ** 30
const LITTLE_SPACE_GIB = 5
const TOO_LITTLE_SPACE_GIB = 1
const MAX_BACKUP_AGE_DAYS = 2

/** Free space on the disk of the installation's folder, and the age of its newest backup. */
export async function hostFindings(folder: string, now: () => number): Promise<readonly Finding[]> {
  return [await disk(folder), await newestBackup(join(folder, 'backups'), now())]
}

async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder)
  return diskFinding((bavail * bsize) / GIB)
}

export function diskFinding(freeGib: number): Finding {
  const detail = `${freeGib.toFixed(1)} GiB free`
  if (freeGib < TOO_LITTLE_SPACE_GIB)
    return failed('disk', detail, 'Free space now: PostgreSQL and NATS stop without it.')
  return freeGib < LITTLE_SPACE_GIB
    ? warning('disk', detail, 'Free space, or enlarge the disk.')
    : ok('disk', detail)
}

async function newestBackup(folder: string, now: number): Promise<Finding> {
  const names = await readdir(folder).catch(() => undefined)
  if (names === undefined) return skipped('backup', `no folder ${folder}`)
  const whole = names.filter((name) => name.endsWith('.dump'))
  const times = await Promise.all(whole.map(async (name) => (await stat(join(folder, name))).mtimeMs))
  if (times.length === 0) return warning('backup', 'none', 'See docs/operations/backup.md.')
  const days = (now - Math.max(...times)) / DAY_MS
  const detail = `the newest is ${days < 1 ? 'less than a day' : `${Math.floor(days)} days`} old`
  return days > MAX_BACKUP_AGE_DAYS
    ? warning('backup', detail, 'See docs/operations/backup.md.')
    : ok('backup', detail)
}
