import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { workspaceRoot } from '@ikigai/dev-env'
import { programArguments } from '@ikigai/testkit'

/**
 * Runs a program of ours to its end, in the project's root folder.
 *
 * @param file from there; a TypeScript source
 * @param env what it gets beside PATH
 */
export function runProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> {
  const { PATH } = process.env
  const all = [...programArguments(resolve(workspaceRoot(), file)), ...args]
  const options = { cwd: workspaceRoot(), env: { PATH, ...env } }
  return new Promise((done) => {
    execFile(process.execPath, all, options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      done({ code, output: out + err })
    })
  })
}
