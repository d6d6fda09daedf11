import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeEnvFile } from '@ikigai/chassis/config'
import type { Test } from 'tap'
import { tryAppCommands } from './apps.ts'
import { runShell, shellBlocks } from './shell.ts'
import { tryTeamCommand } from './teams.ts'
import { readText } from './texts.ts'

/** Ports that the documents name, by the settings that move them. */
const DOCUMENTED_PORTS = {
  8080: 'GATEWAY_PORT',
  8081: 'INGEST_PORT',
  8082: 'AUTH_PORT',
  8090: 'SIMULATOR_PORT',
  9080: 'GATEWAY_ADMIN_PORT',
  9081: 'INGEST_ADMIN_PORT',
  9082: 'AUTH_ADMIN_PORT',
  9083: 'FETCHER_ADMIN_PORT',
}

const TEXTS = [
  'README.md',
  'docs/apps.md',
  'docs/architecture.md',
  'docs/configuration.md',
  'packages/client/README.md',
]

/** These paths name files and folders. */
const FILES = /^\/(run|etc|tmp|var|usr|home|root|dev)(\/|$)/

/**
 * Tries what the documents show, on an instance that runs: the commands of the README, the calls of its tables, and every
 * path that is named. A documented call is there when its answer is not 404.
 *
 * @param place the settings of the instance
 */
export async function tryDocumentedCalls(t: Test, place: Readonly<Record<string, string>>): Promise<void> {
  const { output, token } = await runReadmeCommands(t, place, 'localhost')
  t.match(output, /"sport_type":"Run"/, 'the README’s commands answer activities')
  await t.test('the commands of docs/apps.md work', (t) => tryAppCommands(t, place, token))
  await t.test('a team is let in as docs/teams.md says', (t) => tryTeamCommand(t, place))

  const [, activityId = ''] = /"id":"(\d+)"/.exec(output) ?? []
  const running = decodeEnvFile(
    'running.env',
    await readFile(join(place['IKIGAI_STATE_DIR'] ?? '', 'running.env')),
  )
  const secret = running['STRAVA_WEBHOOK_SECRET'] ?? ''
  const pathOf = (text: string) => text.replace('{id}', activityId).replace('<secret>', secret)
  const headers = { authorization: `Bearer ${token}` }

  for (const { method, path } of documentedCalls()) {
    if (path.includes('*')) continue
    const statuses = await Promise.all(
      portsFor(method, place).map(async (port) => {
        const url = `http://127.0.0.1:${port}${pathOf(path)}`
        const response = await fetch(url, { method, headers, redirect: 'manual' })
        await response.body?.cancel()
        return response.status
      }),
    )
    t.ok(
      statuses.some((status) => status !== 404),
      `${method} ${path} is there`,
    )
  }
}

/**
 * Signs a demo athlete in and asks for activities, with the commands of the README.
 *
 * @param host what stands in place of `localhost`
 */
export async function runReadmeCommands(t: Test, place: Readonly<Record<string, string>>, host: string) {
  const block = shellBlocks(readText('README.md')).find((text) => text.includes('curl')) ?? ''
  const commands = onOwnPorts(block, place).replaceAll('localhost', host)
  const output = await runShell(t, `${commands}\nprintf '\\nTOKEN %s' "$token"`)
  const [, token = ''] = /\nTOKEN (\S+)$/.exec(output) ?? []
  return { output, token }
}

interface Call {
  readonly method: string
  readonly path: string
}

/** Each call once, those last that end what the others need. */
function documentedCalls(): readonly Call[] {
  const texts = TEXTS.map(readText).join('\n')
  const found = [...texts.matchAll(/`(?:(GET|POST|PUT|PATCH|DELETE) )?(\/[a-zA-Z0-9_.*/{}<>-]*)`/g)]
  const calls = found.map(([, method = 'GET', path = '']) => ({ method, path }))
  const different = new Map(calls.map((call) => [`${call.method} ${call.path}`, call]))
  return [...different.values()]
    .filter(({ path }) => !FILES.test(path))
    .sort((one, other) => Number(one.method !== 'GET') - Number(other.method !== 'GET'))
}

/** A path without a method may be any service's; what changes something is the gateway's or ingest's alone. */
function portsFor(method: string, place: Readonly<Record<string, string>>): readonly string[] {
  const settings = method === 'GET' ? Object.values(DOCUMENTED_PORTS) : ['GATEWAY_PORT', 'INGEST_PORT']
  return settings.map((setting) => place[setting] ?? '')
}

/** The commands with the ports of an instance in place of the documented ones. */
export function onOwnPorts(commands: string, place: Readonly<Record<string, string>>): string {
  return Object.entries(DOCUMENTED_PORTS).reduce(
    (text, [port, setting]) => text.replaceAll(`localhost:${port}`, `localhost:${place[setting]}`),
    commands,
  )
}
