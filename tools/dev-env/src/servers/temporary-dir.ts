import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Linux keeps what is in this folder in memory; containers often have 64 MB of it. */
const IN_MEMORY = '/dev/shm'
/** More than a server of ours ever wrote in a run. */
const ROOM_BYTES = 4 * 2 ** 30

/**
 * Creates a folder for temporary data: in memory where there is room, for a database is some three
 * hundred files and a disk takes long to make them.
 *
 * @param prefix what its name begins with
 */
export async function temporaryDir(prefix: string): Promise<string> {
  const room = await statfs(IN_MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  const inMemory =
    room >= ROOM_BYTES ? await mkdtemp(join(IN_MEMORY, prefix)).catch(() => undefined) : undefined
  return inMemory ?? (await mkdtemp(join(tmpdir(), prefix)))
}
