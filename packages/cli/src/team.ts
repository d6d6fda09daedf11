import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Bus,
  canConnectAs,
  ensureTeamConsumer,
  isTeamName,
  removeTeamConsumer,
  type Team,
  teamAccount,
  teamConsumer,
  teamsIn,
  withoutTeam,
} from '@ikigai/bus'
import { type Environment, loadConfig, natsSettings, teamSettings } from '@ikigai/chassis/config'
import { type Db, teams } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import { type Command, CommandError, table, withBus, withDatabase } from './command.ts'

/** Time-out of a reload of nats-server (ms). */
const RELOAD_TIMEOUT_MS = 15_000
const RELOAD_INTERVAL_MS = 500

/** `team add` */
export const teamAdd: Command = {
  usage: 'team add <name>',
  does: 'adds another team and prints its NATS credentials; --from <date>: its first events',
  options: { from: { type: 'string' } },
  run: async ([given], env, options) => {
    const name = nameOf(given)
    const from = dateOf(options['from'])
    const file = teamsFile(env)
    const text = await textOf(file)
    if (teamsIn(text).includes(name)) throw new CommandError(`There is a team ${name} already.`)
    const team = { name, password: randomBytes(24).toString('base64url') }
    await withDatabase(env, (db) => remember(db, name, from))
    return await withBus(env, async (bus) => {
      await ensureTeamConsumer(bus, name, from)
      await write(file, text + teamAccount(team))
      const isIn = await reload(env, team, true)
      const access = accessOf(env, team)
      const paste = Object.entries(access).map(([variable, value]) => `  ${variable}=${value}`)
      const lines = [
        `The team ${name} may connect. Send it these variables over a secure channel:`,
        '',
        ...paste,
        '',
        'NATS_URL is the address that this command uses; the team may need another one.',
        'First steps for the team: docs/teams.md',
      ]
      return { value: { ...access, reloaded: isIn }, text: [...lines, ...reloadLines(isIn)].join('\n') }
    })
  },
}

/** `team list` */
export const teamList: Command = {
  usage: 'team list',
  does: 'lists the other teams, and how many events each has not read yet',
  run: async (_, env) => {
    const names = teamsIn(await textOf(teamsFile(env)))
    return await withBus(env, async (bus) => {
      const teams = await Promise.all(names.map((name) => positionOf(bus, name)))
      const rows = teams.map(({ team, unread, unacknowledged }) => [
        team,
        unread?.toString() ?? 'no consumer yet: the fetcher creates it',
        unacknowledged?.toString() ?? '',
      ])
      const text = names.length === 0 ? 'No teams.' : table([['team', 'unread', 'unacknowledged'], ...rows])
      return { value: teams, text }
    })
  },
}

/** `team remove` */
export const teamRemove: Command = {
  usage: 'team remove <name>',
  does: 'removes a team and its position in the events',
  run: async ([given], env) => {
    const name = nameOf(given)
    const file = teamsFile(env)
    const text = await textOf(file)
    if (!teamsIn(text).includes(name)) throw new CommandError(`There is no team ${name}.`)
    // First, so that the fetcher does not make its consumer again.
    await withDatabase(env, (db) => db.delete(teams).where(eq(teams.name, name)))
    return await withBus(env, async (bus) => {
      // Before the reload, during which nats-server may be without JetStream for a moment.
      await removeTeamConsumer(bus, name)
      await write(file, withoutTeam(text, name))
      const isOut = await reload(env, { name, password: '' }, false)
      const lines = [`The team ${name} is removed.`, ...reloadLines(isOut)]
      return { value: { team: name, reloaded: isOut }, text: lines.join('\n') }
    })
  },
}

/** Where the fetcher finds it, which makes its consumer again if JetStream loses it. */
async function remember(db: Db, name: string, startFrom: Date | undefined): Promise<void> {
  const values = { startFrom: startFrom ?? null, addedAt: new Date() }
  await db
    .insert(teams)
    .values({ name, ...values })
    .onConflictDoUpdate({ target: teams.name, set: values })
}

function nameOf(given: string | undefined): string {
  if (given !== undefined && isTeamName(given)) return given
  throw new CommandError(
    'The name of a team has 2 to 32 lower-case letters, digits and -, begins with a letter, and is not that of a service.',
    2,
  )
}

function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const date = new Date(text)
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date
  throw new CommandError('--from takes a date (2026-11-30) or a date and time with a zone (RFC 3339).', 2)
}

/** The file with the accounts of other teams, which nats-server includes: see deploy/nats.conf. */
export const teamsFile = (env: Environment): string =>
  loadConfig(env, teamSettings).natsTeamsFile ??
  join(env['IKIGAI_INSTANCE_DIR'] ?? process.cwd(), 'deploy', 'teams', 'teams.conf')

const textOf = (file: string) =>
  readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })

/** Writes the file atomically, readable only by its owner. */
async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/**
 * Makes nats-server reload its configuration, if its process can be signalled from here, until the change has taken effect: a
 * new account is in use only after the second reload (nats-server 2.9 to 2.15).
 */
async function reload(env: Environment, team: Team, wanted: boolean): Promise<boolean> {
  const { natsPidFile } = loadConfig(env, teamSettings)
  const pid = natsPidFile === undefined ? Number.NaN : Number.parseInt(await textOf(natsPidFile), 10)
  if (!Number.isInteger(pid)) return false
  if (!wanted) return process.kill(pid, 'SIGHUP')
  const { natsUrl: servers } = loadConfig(env, natsSettings)
  const deadline = performance.now() + RELOAD_TIMEOUT_MS
  while (performance.now() < deadline) {
    process.kill(pid, 'SIGHUP')
    await delay(RELOAD_INTERVAL_MS)
    if (await canConnectAs(servers, team)) return true
  }
  return false
}

const reloadLines = (isDone: boolean) =>
  isDone
    ? []
    : [
        '',
        'nats-server has not reloaded its configuration yet. Send it SIGHUP twice, a second apart, for example:',
        '  docker compose -f deploy/compose.production.yml kill -s HUP nats',
      ]

const accessOf = (env: Environment, { name, password }: Team) => ({
  NATS_URL: loadConfig(env, natsSettings).natsUrl.join(','),
  NATS_USER: name,
  NATS_PASSWORD: password,
})

async function positionOf(bus: Bus, team: string) {
  const consumer = await teamConsumer(bus, team)
  return { team, unread: consumer?.num_pending, unacknowledged: consumer?.num_ack_pending }
}
