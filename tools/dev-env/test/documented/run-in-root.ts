import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { workspaceRoot } from '@ikigai/dev-env'
import type { Test } from 'tap'

/** Runs commands in the project's root folder, as somebody at a terminal. */
export function runInRoot(t: Test, commands: string, env: Readonly<Record<string, string>>) {
  const { PATH } = process.env
  const child = spawn('sh', ['-euc', commands], {
    cwd: workspaceRoot(),
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: the shell's programs end with it.
    detached: true,
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  t.teardown(async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid)
    await ended
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    /** The next line of this form. */
    next: async (form: RegExp): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done === true) throw new Error(`nothing like ${form} was printed`)
        if (form.test(value)) return value
      }
    },
    /** What is printed until the end. Fails when the commands do. */
    rest: async (): Promise<string> => {
      const found: string[] = []
      for (let line = await lines.next(); line.done !== true; line = await lines.next())
        found.push(line.value)
      const code = await ended
      if (code !== 0) throw new Error(`the commands ended with ${code}: ${found.join('\n')}`)
      return found.join('\n').trim()
    },
  }
}
