import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigurationError } from '@ikigai/chassis/config'
import { freePort, isPortFree } from '../index.ts'
import { LaunchError } from './errors.ts'
import type { LaunchConfig } from './launch-config.ts'

const SIMULATOR = 'the Strava simulator'

interface PortUse {
  /** The address that it listens on. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly setting: string
}

/** Time for programs of a killed earlier start to end (ms). */
const PATIENCE_MS = 2_000

/**
 * Checks, before anything starts, that every port is free and used once.
 *
 * @param isKnownToRun whether the file of running services exists
 * @throws LaunchError that lists all conflicts with their settings; ConfigurationError for a HOST of another machine
 */
export async function assertPortsAvailable(
  config: LaunchConfig,
  withSimulator: boolean,
  isKnownToRun: boolean,
): Promise<void> {
  const refusal = await listenOnce(config.host, 0)
  if (refusal !== undefined) {
    throw new ConfigurationError([{ name: 'HOST', problem: `is no address of this machine (${refusal})` }])
  }
  const uses = portUses(config).filter(({ user }) => withSimulator || user !== SIMULATOR)
  const deadline = performance.now() + PATIENCE_MS
  let problems = await findProblems(uses)
  while (problems.length > 0 && performance.now() < deadline) {
    await delay(100)
    problems = await findProblems(uses)
  }
  if (problems.length === 0) return
  const hint = isKnownToRun ? '\nPerhaps an npm start of this folder runs already.' : ''
  throw new LaunchError(problems.join('\n') + hint)
}

async function findProblems(uses: readonly PortUse[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const [index, { host, port, user, setting }] of uses.entries()) {
    const other = uses.findIndex((use) => use.port === port)
    if (other < index) {
      problems.push(`Port ${port} is given to two: ${uses[other]?.setting} and ${setting}.`)
      continue
    }
    const refusal = await listenOnce(host, port)
    if (refusal === 'EACCES') {
      problems.push(
        `Port ${port} is not for this user, and ${user} needs it: set ${setting} to 1024 or more.`,
      )
    } else if (refusal !== undefined) {
      problems.push(
        `Port ${port} is taken, and ${user} needs it: stop what listens there, or set ${setting}.`,
      )
    }
  }
  return problems
}

/** Listens once on a port. Returns the system's error code, or `undefined` on success. */
async function listenOnce(host: string, port: number): Promise<string | undefined> {
  const probe = createServer()
  try {
    probe.listen({ port, host, exclusive: true })
    await once(probe, 'listening')
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  } finally {
    probe.close()
  }
}

const LOOPBACK = '127.0.0.1'

function portUses(config: LaunchConfig): readonly PortUse[] {
  const services = [
    { port: config.gatewayPort, user: 'the gateway', setting: 'GATEWAY_PORT' },
    { port: config.gatewayAdminPort, user: 'the gateway (health, metrics)', setting: 'GATEWAY_ADMIN_PORT' },
    { port: config.ingestPort, user: 'ingest', setting: 'INGEST_PORT' },
    { port: config.ingestAdminPort, user: 'ingest (health, metrics)', setting: 'INGEST_ADMIN_PORT' },
    { port: config.authPort, user: 'auth', setting: 'AUTH_PORT' },
    { port: config.authAdminPort, user: 'auth (health, metrics)', setting: 'AUTH_ADMIN_PORT' },
    { port: config.fetcherAdminPort, user: 'the fetcher (health, metrics)', setting: 'FETCHER_ADMIN_PORT' },
    { port: config.simulatorPort, user: SIMULATOR, setting: 'SIMULATOR_PORT' },
  ]
  const uses: PortUse[] = services.map((use) => ({ host: config.host, ...use }))
  if (config.postgresPort !== undefined && config.databaseUrl === undefined) {
    uses.push({ host: LOOPBACK, port: config.postgresPort, user: 'PostgreSQL', setting: 'POSTGRES_PORT' })
  }
  if (config.natsPort !== undefined && config.natsUrl === undefined) {
    uses.push({ host: LOOPBACK, port: config.natsPort, user: 'NATS', setting: 'NATS_PORT' })
  }
  return uses
}

/**
 * A free port that stays the same from start to start, unless another program takes it.
 */
export async function rememberedPort(stateDir: string, name: string): Promise<number> {
  const file = join(stateDir, `${name}.port`)
  const remembered = Number((await readFile(file, 'utf8').catch(() => '')).trim())
  const isUsable = Number.isInteger(remembered) && remembered > 0 && (await isPortFree(remembered))
  const port = isUsable ? remembered : await freePort()
  await writeFile(file, `${port}\n`)
  return port
}
