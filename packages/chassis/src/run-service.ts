import type { Registry } from 'prom-client'
import { bufferedOutput } from './buffered-output.ts'
import { BUILD } from './build-info.ts'
import {
  type Config,
  ConfigurationError,
  describeConfig,
  type Environment,
  type LogFormat,
  type LogLevel,
  type tracingSettings,
} from './config/index.ts'
import { createLogger, type Logger } from './logger.ts'
import { prettyOutput } from './pretty-output.ts'
import { startTracing, type TracingOptions } from './tracing/index.ts'

/** A service that has started. */
export interface RunningService {
  /** Accepts no more work, finishes work in progress, closes connections. */
  stop(): Promise<void>
  /** Resolves when the service cannot continue (its NATS connection has ended for good, for example), with the error if any. */
  readonly ended?: Promise<unknown> | undefined
}

/** A started service with addresses: the result of `startX(config, deps)`. */
export interface StartedService<Server extends string> extends RunningService {
  /** The address of each server, for example `{ http: 'http://127.0.0.1:8082' }`. */
  readonly urls: Readonly<Record<Server, string>>
  /** The metrics that its admin server shows. */
  readonly registry: Registry
  readonly ended: Promise<unknown>
}

/** Settings that every service has. */
export interface ServiceConfig extends Partial<Config<typeof tracingSettings>> {
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

/** Definition of a service for {@link runService}. */
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
 * stop it (exit 0), and an unexpected error stops it too (exit 1). Stopping takes at most 10 seconds.
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
  const destination = config.logFormat === 'pretty' ? await prettyOutput() : bufferedOutput()
  const logger = createLogger({ service: name, level: config.logLevel, destination })

  let started = false
  let ending = false
  const end = async (reason: string, exitCode: number) => {
    if (ending) return
    ending = true
    process.exitCode = exitCode
    logger.info({ reason }, 'stopping')
    // It does no work yet, and may be waiting for an unavailable dependency.
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
  const tracing = await startTracing(tracingOptions(name, config, logger))
  const starting = start(config, logger)
  try {
    const service = await starting
    started = true
    logger.info({ build: BUILD, config: describeConfig(config) }, 'started')
    void service.ended?.then((reason) => {
      if (reason instanceof Error) logger.fatal({ err: reason }, 'the service cannot go on')
      return end('the service cannot go on', exitCodeOf(reason))
    })
  } catch (error) {
    logger.fatal({ err: error }, 'could not start')
    process.exit(exitCodeOf(error))
  }
}

/** The error's own exit code (78: a restart cannot help, for example because the schema is too new), or 1. */
const exitCodeOf = (error: unknown) =>
  error instanceof Error && 'exitCode' in error && error.exitCode === EXIT_CONFIGURATION
    ? EXIT_CONFIGURATION
    : 1

/** Tracing options of a service; without an endpoint tracing is off. */
function tracingOptions(service: string, config: ServiceConfig, logger: Logger): TracingOptions {
  const onWarning = (warning: string) => logger.warn({ warning }, 'tracing')
  const isOff = config.otelSdkDisabled?.toLowerCase() === 'true' || config.otelTracesExporter === 'none'
  if (isOff) return { service }
  const headers = [config.otelExporterOtlpHeaders, config.otelExporterOtlpTracesHeaders].filter(
    (each) => each,
  )
  return {
    service,
    endpoint: config.otelExporterOtlpEndpoint,
    tracesEndpoint: config.otelExporterOtlpTracesEndpoint,
    // The later pair of a name counts: that of traces.
    headers: headers.length === 0 ? undefined : headers.join(','),
    onWarning,
  }
}
