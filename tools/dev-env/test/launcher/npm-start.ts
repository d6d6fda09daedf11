import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { freePort, stopWhenParentDies, temporaryDir } from '@ikigai/dev-env'
import { eventually, programArguments } from '@ikigai/testkit'
import type { Test } from 'tap'

/** As npm start runs it. */
const program = programArguments(new URL('../../src/main.ts', import.meta.url))
export const PORTS = [
  'GATEWAY',
  'GATEWAY_ADMIN',
  'INGEST',
  'INGEST_ADMIN',
  'AUTH',
  'AUTH_ADMIN',
  'FETCHER_ADMIN',
  'SIMULATOR',
]

/** `npm start` without its build, on ports and data of its own. */
export function start(t: Test, environment: Readonly<Record<string, string>>) {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, program, {
    env: { PATH, HOME, TMPDIR, NATS_SERVER: process.env['IKIGAI_TEST_NATS_SERVER'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const exited = once(child, 'close')
  const release = stopWhenParentDies({ pid: child.pid ?? 0, signal: 'SIGTERM' })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
    release()
  })
  return {
    output: () => output,
    /** Reads no more after the first line, as `head -n 1` does. */
    readOneLine: () => child.stdout.once('data', () => child.stdout.destroy()),
    /** Resolves to the exit code. */
    async end(signal?: NodeJS.Signals): Promise<unknown> {
      if (signal !== undefined) child.kill(signal)
      return (await exited)[0]
    },
    runs: () => eventually(() => /ikigai runs: (\S+)/.exec(output)?.[1], { timeoutMs: 90_000 }),
  }
}

/** Free ports for everything, and a folder for what is kept. */
export async function ownPlace(t: Test): Promise<Record<string, string>> {
  // Not t.testdir(): as root, PostgreSQL's own user must have a way into it.
  const stateDir = await temporaryDir('ikigai-launcher-')
  t.teardown(() => rm(stateDir, { recursive: true, force: true }))
  const ports = await Promise.all(PORTS.map(async (name) => [`${name}_PORT`, String(await freePort())]))
  return { IKIGAI_STATE_DIR: stateDir, ...Object.fromEntries(ports) }
}
