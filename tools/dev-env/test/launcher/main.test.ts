import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { isPortFree, workspaceRoot } from '@ikigai/dev-env'
import { browser } from '@ikigai/testkit'
import t from 'tap'
import { runReadmeCommands, tryDocumentedCalls } from '../documented/calls.ts'
import { ownPlace, PORTS, start } from './npm-start.ts'

/** An address of this machine that other computers may know; on one without a network, its own. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}

t.test('main: everything starts, serves, stops, and starts again on the same data', async (t) => {
  const place = await ownPlace(t)
  const ports = PORTS.map((name) => Number(place[`${name}_PORT`]))
  const stateDir = place['IKIGAI_STATE_DIR'] ?? ''

  const first = start(t, place)
  const url = await first.runs()
  t.equal(url, `http://localhost:${place['GATEWAY_PORT']}/`)
  t.equal((await browser().get(url)).status, 200)
  await t.test('what is documented is there', (t) => tryDocumentedCalls(t, place))
  const running = await readFile(join(stateDir, 'running.env'), 'utf8')
  t.match(running, /^DATABASE_URL="postgres:\/\/ikigai_operator:/m)
  t.match(running, /^NATS_USER="operator"/m)
  t.match(running, /^NATS_TEAMS_FILE=.+\nNATS_PID_FILE=.+/m, 'team add finds the server')
  await t.test('what is printed for another team can be pasted', async (t) => {
    const [, command = ''] = /^ *(NATS_URL=.+ node \S+)$/m.exec(first.output()) ?? []
    const child = spawn('sh', ['-c', `exec env ${command}`], {
      cwd: workspaceRoot(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [written] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    t.equal(String(written), 'following the events\n')
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    t.equal(code, 0)
  })
  t.same((await readdir(join(stateDir, 'logs'))).filter((name) => name === 'fetcher.log').length, 1)
  t.equal(await first.end('SIGINT'), 0)
  t.match(first.output(), /stopping gateway\n.*stopping auth\n.*stopping simulator\n.*stopping PostgreSQL/s)
  for (const port of ports) t.ok(await isPortFree(port), `port ${port} is free again`)
  t.notOk(existsSync(join(stateDir, 'running.env')))

  const address = ownAddress()
  const publicUrl = `http://${address}:${place['GATEWAY_PORT']}`
  const second = start(t, { ...place, HOST: '0.0.0.0', PUBLIC_URL: publicUrl })
  t.equal(await second.runs(), `${publicUrl}/`)
  await t.test('it is used from another computer', async (t) => {
    const { output } = await runReadmeCommands(t, place, address)
    t.match(output, /"sport_type":"Run"/, 'sign-in leads through the simulator at that address')
  })
  t.notMatch(second.output(), 'creating the database cluster')
  t.equal(
    await readFile(join(stateDir, 'running.env'), 'utf8'),
    running.replace(`PUBLIC_URL="${new URL(url).origin}"`, `PUBLIC_URL="${publicUrl}"`),
    'the same ports and secrets',
  )
  t.equal(await second.end('SIGTERM'), 0)
})
