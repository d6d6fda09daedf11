import { ConfigurationError } from '@ikigai/chassis/config'
import { AlreadyRunningError, MissingPartError, PortInUseError, ServerFailedError } from './index.ts'
import { addressesOf } from './launcher/addresses.ts'
import { LaunchError, StoppedError } from './launcher/errors.ts'
import { forgetRunning, launch } from './launcher/launch.ts'
import { loadLaunchConfig, readEnvironment } from './launcher/launch-config.ts'
import { findProject, type Project } from './launcher/project.ts'
import { createSupervisor, type Supervisor } from './launcher/supervisor.ts'
import { createTerminal } from './launcher/terminal.ts'
import { welcomeLines } from './launcher/welcome.ts'

const EXIT_CONFIGURATION = 78

/** How long an interrupted start is awaited, so that it leaves no program behind: a slow machine needs seconds for `initdb`. */
const ABANDON_TIMEOUT_MS = 30_000

const terminal = createTerminal(process.stdout, process.env)

async function main(): Promise<number> {
  const { rootDir } = findProject(undefined)
  const environment = readEnvironment(rootDir, process.env)
  const config = loadLaunchConfig(environment)
  const project = findProject(config.ikigaiStateDir)
  const supervisor = createSupervisor()
  handleSignals(supervisor)
  const starting = launch(config, environment, project, supervisor, terminal)
  let exitCode = 0
  try {
    const team = await Promise.race([starting, rejectWhenAborted(supervisor.signal)])
    for (const line of welcomeLines(config, addressesOf(config), project, team)) terminal.print(line)
    await rejectWhenAborted(supervisor.signal)
  } catch (error) {
    if (!(error instanceof StoppedError)) exitCode = report(error)
  }
  await tearDown(supervisor, starting, project)
  return exitCode
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/**
 * The first signal stops everything in order; the next one does not wait for that. Output that nobody reads any more (the
 * terminal is gone, or `head` has ended) is a signal as well.
 */
function handleSignals(supervisor: Supervisor): void {
  let count = 0
  process.stdout.on('error', () => supervisor.interrupt())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      count += 1
      if (count > 1) process.exit(130)
      supervisor.interrupt()
    })
  }
}

async function tearDown(supervisor: Supervisor, starting: Promise<unknown>, project: Project): Promise<void> {
  terminal.print('')
  await supervisor.stopAll((name) => terminal.note(`stopping ${name}`))
  await forgetRunning(project)
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, ABANDON_TIMEOUT_MS)
  })
  await Promise.race([starting.catch(() => {}), patience])
  clearTimeout(timer)
}

/** Errors that are printed without a stack. */
function isSelfExplanatory(error: unknown): error is Error {
  const kinds = [
    LaunchError,
    ConfigurationError,
    AlreadyRunningError,
    MissingPartError,
    PortInUseError,
    ServerFailedError,
  ]
  return kinds.some((kind) => error instanceof kind)
}

/** Tells the error and returns the exit code that it means. */
function report(error: unknown): number {
  if (isSelfExplanatory(error)) terminal.error(error.message)
  else terminal.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return error instanceof ConfigurationError ? EXIT_CONFIGURATION : 1
}

// Some of what a start began may still hold the event loop; it ends with this process.
process.exit(await main().catch(report))
