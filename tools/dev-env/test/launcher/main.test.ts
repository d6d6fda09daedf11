import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, isPortFree, stopWhenParentDies, temporaryDir } from '@ikigai/dev-env'
import { browser, eventually, programArguments } from '@ikigai/testkit'
import t, { type Test } from 'tap'

/** As npm start runs it. */
const program = programArguments(new URL('../../src/main.ts', import.meta.url))
const SETTINGS = [
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
function start(t: Test, environment: Readonly<Record<string, string>>) {
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
    /** Resolves to the exit code. */
    async end(signal?: NodeJS.Signals): Promise<unknown> {
      if (signal !== undefined) child.kill(signal)
      return (await exited)[0]
    },
    runs: () => eventually(() => /ikigai runs: (\S+)/.exec(output)?.[1], { timeoutMs: 90_000 }),
  }
}

async function ownPlace(t: Test): Promise<Record<string, string>> {
  // Not t.testdir(): as root, PostgreSQL's own user must have a way into it.
  const stateDir = await temporaryDir('ikigai-launcher-')
  t.teardown(() => rm(stateDir, { recursive: true, force: true }))
  const ports = await Promise.all(SETTINGS.map(async (name) => [`${name}_PORT`, String(await freePort())]))
  return { IKIGAI_STATE_DIR: stateDir, ...Object.fromEntries(ports) }
}

t.test('everything starts, serves, stops, and starts again on the same data', async (t) => {
  const place = await ownPlace(t)
  const ports = SETTINGS.map((name) => Number(place[`${name}_PORT`]))
  const stateDir = place['IKIGAI_STATE_DIR'] ?? ''

  const first = start(t, place)
  const url = await first.runs()
  t.equal(url, `http://localhost:${place['GATEWAY_PORT']}/`)
  t.equal((await browser().get(url)).status, 200)
  const running = await readFile(join(stateDir, 'running.env'), 'utf8')
  t.match(running, /^DATABASE_URL="postgres:\/\/ikigai_operator:/m)
  t.match(running, /^NATS_USER="operator"/m)
  t.same((await readdir(join(stateDir, 'logs'))).filter((name) => name === 'fetcher.log').length, 1)
  t.equal(await first.end('SIGINT'), 0)
  t.match(first.output(), /stopping gateway\n.*stopping auth\n.*stopping simulator\n.*stopping PostgreSQL/s)
  for (const port of ports) t.ok(await isPortFree(port), `port ${port} is free again`)
  t.notOk(existsSync(join(stateDir, 'running.env')))

  const second = start(t, place)
  await second.runs()
  t.notMatch(second.output(), 'creating the database cluster')
  t.equal(await readFile(join(stateDir, 'running.env'), 'utf8'), running, 'the same ports and secrets')
  t.equal(await second.end('SIGTERM'), 0)
})
