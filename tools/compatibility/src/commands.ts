import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** Runs a program in a folder to its end. @throws Error with what it wrote to standard error */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await exec(command, [...args], { cwd, maxBuffer: 64 * 2 ** 20 })
  return stdout.trim()
}

/** Whether there is something at this path. */
export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
