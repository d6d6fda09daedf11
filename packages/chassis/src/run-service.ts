import {
  ConfigurationError,
  describeConfig,
  type Environment,
  type LogFormat,
  type LogLevel,
} from './config/index.ts'
import { createLogger, type Logger } from './logger.ts'
import { prettyOutput } from './pretty-output.ts'
import { startTracing } from './tracing/index.ts'

/** A service that has started. */
export interface RunningService {
  /** Takes no more work, finishes what is under way, closes everything. */
  stop(): Promise<void>
  /** Resolves when the service cannot go on (its NATS connection has ended for good, for example). */
  readonly ended?: Promise<unknown> | undefined
}

/** Settings that every service has. */
export interface ServiceConfig {
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
  readonly otelExporterOtlpEndpoint?: string | undefined
}

/** How a service is made from its environment. */
export interface ServiceDefinition<Config extends ServiceConfig> {
  readonly name: string
  /** @throws ConfigurationError with all faults */
  readonly configure: (env: Environment) => Config
  readonly start: (config: Config, logger: Logger) => Promise<RunningService>
}

/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIGURATION = 78
const STOP_TIMEOUT_MS = 9_000

/**
 * Runs a service as this process: configuration faults are listed on standard error (exit 78), SIGTERM and SIGINT
 * stop it (exit 0), and what nobody expected stops it too (exit 1). No end takes longer than 10 seconds.
 */
export async function runService<Config extends ServiceConfig>(
  definition: ServiceDefinition<Config>,
): Promise<void> {
  const { name, configure, start } = definition
  let config: Config
  try {
    config = configure(process.env)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exitCode = EXIT_CONFIGURATION
    return
  }
  const destination = config.logFormat === 'pretty' ? await prettyOutput() : undefined
  const logger = createLogger({ service: name, level: config.logLevel, destination })

  let started = false
  let ending = false
  const end = async (reason: string, exitCode: number) => {
    if (ending) return
    ending = true
    process.exitCode = exitCode
    logger.info({ reason }, 'stopping')
    // It takes no work yet, and may be waiting for what will not come.
    if (!started) process.exit(exitCode)
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
    try {
      await (await starting).stop()
      await tracing.stop()
      logger.info('stopped')
    } catch (error) {
      logger.error({ err: error }, 'stopping failed')
      process.exit(1)
    }
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(signal, 0))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, event)
      void end(event, 1)
    })
  }

  // Signals are handled from here on, while the service is still starting.
  const tracing = await startTracing({ service: name, endpoint: config.otelExporterOtlpEndpoint })
  const starting = start(config, logger)
  try {
    const service = await starting
    started = true
    logger.info({ config: describeConfig(config) }, 'started')
    void service.ended?.then(() => end('the service cannot go on', 1))
  } catch (error) {
    logger.fatal({ err: error }, 'could not start')
    process.exit(1)
  }
}
