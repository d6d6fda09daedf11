import { existsSync } from 'node:fs'
import { access, constants, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Environment, encodeEnvFile } from '@ikigai/chassis/config'
import { programFile } from '../index.ts'
import { addressesOf } from './addresses.ts'
import { createDemoAthletes, DEMO_LIMITS } from './demo.ts'
import { generateDemoTraffic } from './demo-traffic.ts'
import { LaunchError } from './errors.ts'
import { type Launch, prepareStores, provideNats, providePostgres } from './infrastructure.ts'
import type { LaunchConfig } from './launch-config.ts'
import { withoutRepetitions } from './log-lines.ts'
import { startNodeProcess } from './node-process.ts'
import { assertPortsAvailable } from './ports.ts'
import type { Project } from './project.ts'
import { waitUntilReady } from './readiness.ts'
import { loadSecrets, writePrivately } from './secrets.ts'
import {
  clientEnvironment,
  planServices,
  type ServiceInputs,
  type ServicePlan,
  simulatorEnvironment,
} from './services.ts'
import type { Supervisor } from './supervisor.ts'
import type { Terminal } from './terminal.ts'
import type { TeamAccess } from './welcome.ts'

/** File with the addresses of the running services for other programs; it exists while they run. */
export function runningFile(project: Project): string {
  return join(project.stateDir, 'running.env')
}

/**
 * Starts everything in the order of dependency. Resolves when all of it is ready, with the NATS credentials of the demo's
 * team.
 *
 * @throws LaunchError, StoppedError, and the errors of the servers (`../index.ts`)
 */
export async function launch(
  config: LaunchConfig,
  environment: Environment,
  project: Project,
  supervisor: Supervisor,
  terminal: Terminal,
): Promise<TeamAccess | undefined> {
  const withSimulator = config.stravaClientId === undefined
  await assertPortsAvailable(config, withSimulator, existsSync(runningFile(project)))
  await makeLogDir(project)
  const secrets = await loadSecrets(project.stateDir)
  const started: Launch = { config, project, secrets, supervisor, terminal }
  const stores = [providePostgres(started), provideNats(started)] as const
  // If one fails or is interrupted, the other must not go on by itself after the end of this process.
  await Promise.allSettled(stores)
  const [ownerUrl, nats] = await Promise.all(stores)
  const database = await prepareStores(started, ownerUrl, nats)

  const addresses = addressesOf(config)
  const { rootDir } = project
  const inputs: ServiceInputs = { config, addresses, environment, rootDir, secrets, database, nats }
  if (withSimulator) await startSimulator(started, inputs)
  await Promise.all(planServices(inputs).map((plan) => startService(started, plan)))
  await writePrivately(runningFile(project), encodeEnvFile(clientEnvironment(inputs)))
  return nats.own && { url: nats.servers.join(','), ...nats.own.team }
}

/** @throws LaunchError when the state directory cannot be created or written to */
async function makeLogDir({ logDir, stateDir }: Project): Promise<void> {
  try {
    await mkdir(logDir, { recursive: true })
    await access(logDir, constants.W_OK)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new LaunchError(
      `Nothing can be kept in ${stateDir} (${reason}): set IKIGAI_STATE_DIR to another folder.`,
    )
  }
}

/** Removes the file of the running services. */
export async function forgetRunning(project: Project): Promise<void> {
  await rm(runningFile(project), { force: true })
}

async function startSimulator(started: Launch, inputs: ServiceInputs): Promise<void> {
  const { project, supervisor, terminal } = started
  const { simulatorUrl } = inputs.addresses
  const done = terminal.begin('Strava simulator')
  await startProgram(
    started,
    'simulator',
    'tools/simulator',
    simulatorEnvironment(inputs, {
      ...DEMO_LIMITS,
      STATE_FILE: join(project.stateDir, 'simulator-grants.json'),
    }),
  )
  await waitUntilReady('The simulator', `${simulatorUrl}/simulator/athletes`, supervisor.signal)
  const athletes = await createDemoAthletes(simulatorUrl, project.stateDir)
  done(`with ${athletes} demo athletes at ${simulatorUrl}`)
  const onActivity = (text: string) => terminal.note(`Strava: ${text}`)
  void generateDemoTraffic(simulatorUrl, { signal: supervisor.signal, onActivity })
}

async function startService(started: Launch, plan: ServicePlan): Promise<void> {
  const done = started.terminal.begin(plan.name)
  await startProgram(started, plan.name, plan.packageDir, plan.env)
  await waitUntilReady(plan.name, plan.readyUrl, started.supervisor.signal)
  done()
}

async function startProgram(
  { project, supervisor, terminal }: Launch,
  name: string,
  packageDir: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  supervisor.signal.throwIfAborted()
  const component = startNodeProcess({
    name,
    entryFile: programFile(`${packageDir}/src/main.ts`),
    env,
    logFile: join(project.logDir, `${name}.log`),
    onAttention: withoutRepetitions((attention) => terminal.attention(name, attention)),
  })
  await supervisor.adopt(component)
}
