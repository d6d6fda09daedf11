import { isSecret, type Settings, tracingSettings } from '@ikigai/chassis/config'
import { operatorSettings } from '@ikigai/cli/config'
import t from 'tap'
import { launchSettings, loadLaunchConfig } from '../../src/launcher/launch-config.ts'
import { SERVICE_SETTINGS, type ServiceName } from '../../src/launcher/service-settings.ts'
import { readText } from './texts.ts'

const services: Readonly<Record<ServiceName, Settings>> = SERVICE_SETTINGS

interface Row {
  readonly names: readonly string[]
  /** The cells behind the first one. */
  readonly cells: readonly string[]
  /** Whether each name is marked as a secret. */
  readonly isSecret: Readonly<Record<string, boolean>>
}

/** The rows of the tables below a heading of docs/configuration.md, whose first cell names variables. */
function rowsBelow(heading: string): readonly Row[] {
  const [, section = ''] = readText('docs/configuration.md').split(new RegExp(`\n##+ ${heading}\n`))
  const [own = ''] = section.split(/\n##+ /)
  return own
    .split('\n')
    .filter((line) => /^\| `[A-Z]/.test(line))
    .map((line) => {
      const [first = '', ...cells] = line
        .split('|')
        .slice(1)
        .map((cell) => cell.trim())
      const found = [...first.matchAll(/`([A-Z_]+)`(?: \((secrets?)\))?/g)]
      const all = first.includes('(secrets)')
      return {
        names: found.map(([, name = '']) => name),
        cells,
        isSecret: Object.fromEntries(found.map(([, name, mark]) => [name, all || mark !== undefined])),
      }
    })
}

t.test(
  'configuration: every setting of a service is described, with the services that read it',
  async (t) => {
    const rows = rowsBelow('Services')
    const usersOf = (name: string) =>
      Object.entries(services).flatMap(([service, settings]) => (name in settings ? [service] : []))
    const described = new Map<string, string>()
    for (const { names, cells } of rows) for (const name of names) described.set(name, cells[0] ?? '')

    const declared = new Set(Object.values(services).flatMap((settings) => Object.keys(settings)))
    for (const name of Object.keys(tracingSettings)) declared.delete(name) // In a table of their own.
    for (const name of declared) {
      const users = usersOf(name)
      const told = described.get(name)?.split(', ').sort() ?? []
      const wanted = users.length === 4 ? ['all'] : users.sort()
      t.same(told, wanted, `${name} is read by ${users.join(', ')}`)
    }
    for (const name of described.keys())
      if (!/_DATABASE_PASSWORD$/.test(name)) t.ok(declared.has(name), `${name} is a setting`)
  },
)

t.test('configuration: secrets are marked as such, and nothing else is', async (t) => {
  const all: Settings = Object.assign({}, ...Object.values(services))
  for (const row of [...rowsBelow('Services'), ...rowsBelow('Tracing')]) {
    for (const name of row.names) {
      const setting = all[name]
      if (setting !== undefined) t.equal(row.isSecret[name], isSecret(setting), name)
    }
  }
})

t.test('configuration: every variable of tracing is described', async (t) => {
  t.same(
    rowsBelow('Tracing')
      .flatMap(({ names }) => names)
      .sort(),
    Object.keys(tracingSettings).sort(),
  )
})

t.test('configuration: what npm start itself reads is described, with its ports', async (t) => {
  const elsewhere = new Set(
    [operatorSettings, ...Object.values(services)].flatMap((each) => Object.keys(each)),
  )
  const own = Object.keys(launchSettings).filter((name) => !elsewhere.has(name))
  const rows = rowsBelow('`npm start`')
  t.same(rows.flatMap(({ names }) => names).sort(), own.sort())
  const config = loadLaunchConfig({})
  t.match(
    rows.find(({ names }) => names.includes('GATEWAY_PORT'))?.cells[0],
    [config.gatewayPort, config.ingestPort, config.authPort].map((port) => `\`${port}\``).join(', '),
  )
  t.match(rows.find(({ names }) => names.includes('SIMULATOR_PORT'))?.cells[0], `\`${config.simulatorPort}\``)
})

t.test('configuration: .env.example and the README name settings only', async (t) => {
  const known = new Set([launchSettings, ...Object.values(services)].flatMap((each) => Object.keys(each)))
  const example = [...readText('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name)
  t.ok(example.length > 5)
  const readme = [...readText('README.md').matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name)
  const streams = new Set(['STRAVA_EVENTS'])
  for (const name of [...example, ...readme]) if (!streams.has(name)) t.ok(known.has(name), name)
})
