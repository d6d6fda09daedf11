import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AlreadyRunningError } from './errors.ts'

const run = promisify(execFile)

/** Whether a process with this id exists, ours or not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The command line of a process, or an empty string when there is no such process. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return raw.replaceAll('\0', ' ')
  }
  const result = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return result.stdout
}

/**
 * Waits for a former server on the same data to be gone, for it may be shutting down because its parent was killed.
 * A process id that now belongs to another program counts as gone.
 *
 * @param program a part of the command line that only the server has
 * @throws AlreadyRunningError when it still runs after `timeoutMs`
 */
export async function waitUntilGone(
  server: string,
  pid: number,
  program: string,
  dataDir: string,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (isAlive(pid) && (await commandLine(pid)).includes(program)) {
    if (Date.now() > deadline) throw new AlreadyRunningError(server, pid, dataDir)
    await delay(50)
  }
}
