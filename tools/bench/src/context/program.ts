import { fork } from 'node:child_process'
import { programFile, stopWhenParentDies } from '@ikigai/dev-env'

/** Named numbers: all that a program of ours answers with. */
export type Readings = Readonly<Record<string, number>>

/** A program of `src/programs`, in a process of its own. */
export interface Program {
  readonly pid: number
  /** Its output when it became ready, such as the address of a server. */
  readonly greeting: string
  /** From the start of the process until it said so. */
  readonly readyAfterMs: number
  /** Has it do one piece of work and resolves with what it measured. One at a time. */
  ask(request?: Readonly<Record<string, string | number>>): Promise<Readings>
  stop(): Promise<void>
}

/**
 * Starts `src/programs/<name>.ts`, as it was built beside this one, and resolves when it is ready.
 *
 * @throws Error when it ends before that
 */
export async function startProgram(name: string, env: Readonly<Record<string, string>>): Promise<Program> {
  const { PATH, HOME, TMPDIR } = process.env
  const startedAt = performance.now()
  const child = fork(programFile(`tools/bench/src/programs/${name}.ts`), {
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const pid = child.pid ?? 0
  const releaseGuard = stopWhenParentDies({ pid, signal: 'SIGKILL' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  function next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error(`${name} has ended`))
      child.once('exit', onExit)
      child.once('message', (message) => {
        child.off('exit', onExit)
        resolve(message)
      })
    })
  }

  const greeting = String(await next())
  const readyAfterMs = performance.now() - startedAt
  return {
    pid,
    greeting,
    readyAfterMs,
    async ask(request = {}) {
      const answer = next()
      child.send(request)
      return readings(name, await answer)
    },
    async stop() {
      child.kill('SIGKILL')
      await exited
      releaseGuard()
    },
  }
}

function readings(name: string, message: unknown): Readings {
  if (typeof message === 'string') throw new Error(`${name}: ${message}`)
  if (typeof message !== 'object' || message === null) throw new Error(`${name} answers with no readings`)
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, Number(value)]))
}
