import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type Bus,
  connectBus,
  ensureTeamConsumer,
  type NatsUser,
  natsConfig,
  provision,
  type Team,
  teamAccount,
  withoutTeam,
} from '@ikigai/bus'
import { withTimeout } from '@ikigai/chassis/async'
import {
  createRoles,
  DATABASE_USERS,
  type DatabaseUser,
  migrate,
  openDatabase,
  RolesRefusedError,
  roleUrl,
  teams,
} from '@ikigai/db'
import { type Logger, pino } from 'pino'
import {
  findNatsServer,
  type OnProgress,
  type RunningServer,
  startNatsServer,
  startPostgres,
} from '../index.ts'
import type { Component } from './component.ts'
import { LaunchError } from './errors.ts'
import type { LaunchConfig } from './launch-config.ts'
import { lastLinesOf } from './log-lines.ts'
import { rememberedPort } from './ports.ts'
import type { Project } from './project.ts'
import { derivedPassword, type Secrets, writePrivately } from './secrets.ts'
import type { Supervisor } from './supervisor.ts'
import type { Terminal } from './terminal.ts'

const NATS_TIMEOUT_MS = 10_000

/** Name of the demo's team. */
const DEMO_TEAM = 'demo'

/** Shared context of the start-up steps. */
export interface Launch {
  readonly config: LaunchConfig
  readonly project: Project
  readonly secrets: Secrets
  readonly supervisor: Supervisor
  readonly terminal: Terminal
}

/** A user of PostgreSQL and NATS: a service, or the operators' programs. */
export type StoreUser = DatabaseUser & NatsUser

/** URLs of PostgreSQL. */
export interface DatabaseAccess {
  urlOf(user: StoreUser): string
}

/** Addresses and credentials of NATS. */
export interface NatsAccess {
  readonly servers: readonly string[]
  readonly creds: string | undefined
  /** Only of the embedded server: its process id, the accounts of other teams, and the demo's team. */
  readonly own?: { readonly pidFile: string; readonly teamsFile: string; readonly team: Team }
  credentialsOf(user: StoreUser): {
    readonly user: string | undefined
    readonly password: string | undefined
  }
}

/** Returns the URL of the database: `DATABASE_URL`, or an embedded one that it starts. */
export async function providePostgres(launch: Launch): Promise<string> {
  const { config, project, supervisor, terminal } = launch
  if (config.databaseUrl !== undefined) return config.databaseUrl
  const done = terminal.begin('PostgreSQL')
  const port = config.postgresPort ?? (await rememberedPort(project.stateDir, 'postgres'))
  const dataDir = join(project.stateDir, 'postgres')
  const server = await startPostgres({ dataDir, port, onProgress: noteOf(terminal, 'PostgreSQL') })
  await supervisor.adopt(asComponent('PostgreSQL', server))
  done(`on 127.0.0.1:${server.port}`)
  return server.url
}

/** The servers of `NATS_URL`, or an embedded one that it starts. */
export async function provideNats(launch: Launch): Promise<NatsAccess> {
  const { config, project, secrets, supervisor, terminal } = launch
  if (config.natsUrl !== undefined) {
    const { natsUrl: servers, natsUser: user, natsPassword: password, natsCreds: creds } = config
    return { servers, creds, credentialsOf: () => ({ user, password }) }
  }
  const done = terminal.begin('NATS')
  const onProgress = noteOf(terminal, 'NATS')
  const { path, version } = await findNatsServer({
    cacheDir: project.cacheDir,
    path: config.natsServer,
    onProgress,
  })
  const port = config.natsPort ?? (await rememberedPort(project.stateDir, 'nats'))
  const storeDir = join(project.stateDir, 'nats')
  const passwordOf = (user: string) => derivedPassword(secrets.natsPassword, user)
  const configFile = join(project.stateDir, 'nats-users.conf')
  const teamsFile = join(project.stateDir, 'nats-teams.conf')
  const team = { name: DEMO_TEAM, password: passwordOf(DEMO_TEAM) }
  const others = withoutTeam(await readFile(teamsFile, 'utf8').catch(() => ''), DEMO_TEAM)
  await writePrivately(teamsFile, teamAccount(team) + others)
  await writePrivately(
    configFile,
    natsConfig({ password: (user) => JSON.stringify(passwordOf(user)), teamsFile: basename(teamsFile) }),
  )
  const server = await startNatsServer({ path, storeDir, port, configFile })
  await supervisor.adopt(asComponent('NATS', server))
  done(`${version} on 127.0.0.1:${server.port}`)
  return {
    servers: [server.url],
    creds: undefined,
    own: { pidFile: join(storeDir, 'nats.pid'), teamsFile, team },
    credentialsOf: (user) => ({ user, password: passwordOf(user) }),
  }
}

/**
 * Updates the database's roles and schema, and NATS's streams and consumers, to this release.
 *
 * @throws LaunchError when one of the two cannot be used
 */
export async function prepareStores(
  launch: Launch,
  ownerUrl: string,
  nats: NatsAccess,
): Promise<DatabaseAccess> {
  const done = launch.terminal.begin('Database roles and schema, streams')
  const logger = pino({ level: 'warn' }, pino.destination(join(launch.project.logDir, 'launcher.log')))
  const database = await prepareDatabase(launch, ownerUrl, nats.own?.team.name).catch((error: unknown) => {
    throw new LaunchError(`The database (DATABASE_URL, if you set it) cannot be used: ${reasonOf(error)}`)
  })
  await provisionStreams(nats, logger).catch((error: unknown) => {
    throw new LaunchError(`NATS (NATS_URL, if you set it) cannot be used: ${reasonOf(error)}`)
  })
  done()
  return database
}

/** Creates a role for each service, if the server allows it. */
async function prepareDatabase(
  { secrets, terminal }: Launch,
  ownerUrl: string,
  team: string | undefined,
): Promise<DatabaseAccess> {
  const passwordOf = (user: DatabaseUser) => derivedPassword(secrets.databasePassword, user)
  const passwords = Object.fromEntries(DATABASE_USERS.map((user) => [user, passwordOf(user)]))
  const refusal = await createRoles(ownerUrl, passwords).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof RolesRefusedError) return error.message
      throw error
    },
  )
  await migrate(ownerUrl)
  if (team !== undefined) await rememberTeam(ownerUrl, team)
  const urlOf = (user: DatabaseUser) => roleUrl(ownerUrl, user, passwordOf(user))
  const problem = refusal ?? (await connectionProblem(urlOf('gateway')))
  if (problem === undefined) return { urlOf }
  terminal.note(`PostgreSQL: all services use the role of DATABASE_URL, for ${problem}`)
  return { urlOf: () => ownerUrl }
}

/** Records the team, so that the fetcher keeps its consumer. */
async function rememberTeam(ownerUrl: string, name: string): Promise<void> {
  const { db, close } = openDatabase({ url: ownerUrl, name: 'ikigai-launcher', max: 1 })
  try {
    await db.insert(teams).values({ name }).onConflictDoNothing()
  } finally {
    await close()
  }
}

/** Why a role cannot connect: a server may refuse it although it exists (a proxy's list, a rule for addresses). */
async function connectionProblem(url: string): Promise<string | undefined> {
  const { ping, close } = openDatabase({ url, name: 'ikigai-launcher', max: 1 })
  try {
    await ping()
    return undefined
  } catch (error) {
    return `roles of their own cannot connect (${reasonOf(error)})`
  } finally {
    await close()
  }
}

async function provisionStreams(nats: NatsAccess, logger: Logger): Promise<void> {
  await withNats(nats, 'fetcher', logger, provision)
  const { own } = nats
  if (own !== undefined)
    await withNats(nats, 'operator', logger, (bus) => ensureTeamConsumer(bus, own.team.name))
}

async function withNats(
  { servers, creds, credentialsOf }: NatsAccess,
  user: NatsUser,
  logger: Logger,
  use: (bus: Bus) => Promise<unknown>,
): Promise<void> {
  const access = { servers, creds, ...credentialsOf(user) }
  const bus = await withTimeout(NATS_TIMEOUT_MS, connectBus({ ...access, name: 'launcher', logger }))
  try {
    await use(bus)
  } finally {
    await bus.close()
  }
}

/** The message of the innermost cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  if (error.message === '' && 'code' in error) return String(error.code)
  return error.message
}

function asComponent(name: string, server: RunningServer): Component {
  const { logFile, exited, stop } = server
  return { name, logFile, exited, stop, lastLines: () => lastLinesOf(logFile) }
}

function noteOf(terminal: Terminal, name: string): OnProgress {
  return (message) => terminal.note(`${name}: ${message}`)
}
