import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startSimulator } from '@ikigai/simulator'
import { browser, eventually } from '@ikigai/testkit'
import t from 'tap'
import { runProgram } from '../documented/run-program.ts'
import { ownPlace, start } from './npm-start.ts'

t.test('main: starts at another address, with secrets in files and its own application', async (t) => {
  const place = await ownPlace(t)
  const stateDir = join(place['IKIGAI_STATE_DIR'] ?? '', 'state of ikigai')
  const strava = await startSimulator({ clientSecret: 'of the file' })
  t.teardown(() => strava.close())
  const secrets = join(place['IKIGAI_STATE_DIR'] ?? '', 'my secrets')
  await mkdir(secrets)
  const keys = `own:${Buffer.alloc(32, 1).toString('base64')}\r\n`
  await writeFile(join(secrets, 'keys'), keys)
  await writeFile(join(secrets, 'client secret'), 'of the file\n')

  const ikigai = start(t, {
    ...place,
    IKIGAI_STATE_DIR: stateDir,
    HOST: '127.0.0.2',
    TRUST_PROXY: 'loopback',
    STRAVA_CLIENT_ID: strava.clientId,
    STRAVA_CLIENT_SECRET_FILE: join(secrets, 'client secret'),
    TOKEN_ENCRYPTION_KEYS_FILE: join(secrets, 'keys'),
    SESSION_KEYS_FILE: join(secrets, 'keys'),
    STRAVA_API_URL: strava.apiUrl,
    STRAVA_OAUTH_URL: strava.oauthUrl,
    WEBHOOK_URL: `http://127.0.0.2:${place['INGEST_PORT']}`,
  })
  const url = await ikigai.runs()
  t.equal(url, `http://127.0.0.2:${place['GATEWAY_PORT']}/`)
  t.equal((await browser().get(url)).status, 200)
  const status = await fetch(`${url}v1/status`)
  t.equal(status.status, 200)
  await eventually(() => strava.admin.subscription() !== null, { what: 'ingest subscribes' })

  const [, printed = ''] = /npm run ikigai -- (.+)/.exec(ikigai.output()) ?? []
  const { code, output } = await runProgram('packages/cli/src/main.ts', printed.split(' '), {
    IKIGAI_STATE_DIR: stateDir,
  })
  t.equal(code, 0, output)
  t.match(output, `http://127.0.0.2:${place['INGEST_PORT']}/webhooks/strava/`)
  t.equal(await ikigai.end('SIGTERM'), 0)
})

t.test('all faults of a configuration: named at once, 78, and nothing has started', async (t) => {
  const place = await ownPlace(t)
  const ikigai = start(t, { ...place, SIGNUP_WAIT: 'soon', ENRICH: 'x', HOST: '[::1', STRAVA_CLIENT_ID: '1' })
  t.equal(await ikigai.end(), 78)
  for (const name of ['SIGNUP_WAIT', 'ENRICH', 'HOST', 'STRAVA_CLIENT_SECRET'])
    t.match(ikigai.output(), `  ${name} `)
  t.notMatch(ikigai.output(), 'PostgreSQL')
})

t.test('a state directory that cannot be used: a sentence, and 1', async (t) => {
  const place = await ownPlace(t)
  const inTheWay = join(place['IKIGAI_STATE_DIR'] ?? '', 'file')
  await writeFile(inTheWay, '')
  const ikigai = start(t, { ...place, IKIGAI_STATE_DIR: inTheWay })
  t.equal(await ikigai.end(), 1)
  t.match(ikigai.output(), /Nothing can be kept in .*file .*set IKIGAI_STATE_DIR/)
  t.notMatch(ikigai.output(), '    at ', 'no stack')
})

t.test(
  'main: it stops in order when nobody reads its output any more, as with `npm start | head`',
  async (t) => {
    const place = await ownPlace(t)
    const ikigai = start(t, place)
    ikigai.readOneLine()
    t.equal(await ikigai.end(), 0)
    const left = await readdir(place['IKIGAI_STATE_DIR'] ?? '', { recursive: true })
    t.same(
      left.filter((name) => name.endsWith('postmaster.pid') || name.endsWith('running.env')),
      [],
      'no server is left behind',
    )
  },
)
