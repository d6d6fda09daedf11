import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { programArguments } from '@ikigai/testkit'
import t from 'tap'
import { EnvironmentError, readEnvironment } from '../src/environment.ts'
import { readState } from '../src/state-file.ts'
import { at, bearer, call, json, textAt } from './helper.ts'

const MAIN = new URL('../src/main.ts', import.meta.url)

function run(environment: Record<string, string>) {
  return spawn(process.execPath, programArguments(MAIN), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** The URL that it says it listens on. */
async function urlOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = at(JSON.parse(line), 'url')
    if (typeof url === 'string') return url
  }
  throw new Error('it ended before it listened')
}

t.test('main: from start to stop, and once more on the grants of last time', async (t) => {
  const stateFile = `${t.testdir()}/state.json`
  const environment = { PORT: '0', ATHLETES: '2', ACTIVITIES: '10', STATE_FILE: stateFile }
  const start = async () => {
    const child = run(environment)
    t.teardown(() => child.kill('SIGKILL'))
    return { child, exit: once(child, 'exit'), url: await urlOf(child) }
  }
  const first = await start()
  const athletes = await call(`${first.url}/simulator/athletes`)
  t.match(athletes.body, [{ activityCount: 10 }, { activityCount: 10 }])
  const authorize = `${first.url}/simulator/athletes/${textAt(athletes.body, 0, 'id')}/authorize`
  const tokens = await call(authorize, json({}))

  const rival = run({ PORT: new URL(first.url).port })
  const rivalExit = once(rival, 'exit')
  const [message] = await once(rival.stderr, 'data')
  t.match(String(message), 'EADDRINUSE')
  t.same(await rivalExit, [1, null], 'a port that is taken')

  first.child.kill('SIGTERM')
  t.same(await first.exit, [0, null])
  t.equal(statSync(stateFile).mode & 0o777, 0o600)
  const second = await start()
  const list = `${second.url}/api/v3/athlete/activities`
  t.equal((await call(list, bearer(textAt(tokens.body, 'accessToken')))).status, 200)
  second.child.kill('SIGINT')
  t.same(await second.exit, [0, null])
})

t.test('main: an environment that cannot be used is named, exit 78', async (t) => {
  const child = run({ PORT: 'eighty' })
  const exit = once(child, 'exit')
  const [message] = await once(child.stderr, 'data')
  t.match(String(message), 'PORT is "eighty"')
  t.same(await exit, [78, null])
})

t.test('a state file: none yet, or no such file', async (t) => {
  const directory = t.testdir({ 'bad.json': '{}', 'broken.json': '[' })
  t.same(await readState(`${directory}/none.json`), [])
  await t.rejects(readState(`${directory}/bad.json`), EnvironmentError)
  await t.rejects(readState(`${directory}/broken.json`), EnvironmentError)
})

t.test('main: the environment', async (t) => {
  t.match(readEnvironment({}), { options: { port: 8090, host: '127.0.0.1' }, athletes: 0 })
  t.match(
    readEnvironment({
      HOST: '0.0.0.0',
      PORT: '1',
      STRAVA_CLIENT_ID: '9',
      STRAVA_CLIENT_SECRET: 's',
      READ_LIMIT: '1,2',
      OVERALL_LIMIT: '3,4',
      CALLBACK_DOMAIN: 'ikigai.example',
      WEBHOOK_RETRY_DELAY_MS: '5',
    }),
    {
      options: {
        host: '0.0.0.0',
        port: 1,
        clientId: '9',
        clientSecret: 's',
        limits: { read: { fifteenMinutes: 1, day: 2 }, overall: { fifteenMinutes: 3, day: 4 } },
        settings: { callbackDomain: 'ikigai.example', webhookRetryDelayMs: 5 },
      },
    },
  )
  t.throws(() => readEnvironment({ READ_LIMIT: '100' }), EnvironmentError)
})
