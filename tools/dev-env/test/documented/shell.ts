import { execFile } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { programArguments } from '@ikigai/testkit'
import type { Test } from 'tap'

/** The blocks of shell commands in a Markdown text. */
export function shellBlocks(content: string): readonly string[] {
  return [...content.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

/** Runs shell commands in an empty folder, with a `curl` that fails for answers from 400 on. Resolves with what they write. */
export async function runShell(t: Test, commands: string): Promise<string> {
  const folder = t.testdir()
  const curl = programArguments(new URL('programs/curl.ts', import.meta.url))
  const words = [process.execPath, ...curl].map((word) => `'${word}'`)
  await writeFile(join(folder, 'curl'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
  await chmod(join(folder, 'curl'), 0o755)
  const PATH = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter)
  return await new Promise((resolve, reject) => {
    execFile('sh', ['-euc', commands], { cwd: folder, env: { PATH } }, (error, out, err) => {
      if (error === null) resolve(out)
      else reject(new Error(`${error.message}\n${out}\n${err}`))
    })
  })
}
