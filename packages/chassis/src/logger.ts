import {
  type DestinationStream,
  type LevelWithSilent,
  type LogFn,
  type Logger,
  type LoggerOptions as LoggerSettings,
  pino,
} from 'pino'
import type { BufferedOutput } from './buffered-output.ts'
import { describeError, withoutSecrets } from './log-error.ts'
import { redact, secretSerializers } from './redact.ts'
import { isTracing, traceFields } from './tracing/index.ts'

export type { Logger } from 'pino'

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  readonly service: string
  readonly level: LevelWithSilent
  /** Standard output by default. A buffered one is flushed after an error. */
  readonly destination?: DestinationStream | BufferedOutput | undefined
}

/** A logger that writes one line of JSON per event, without secrets; inside a span with `trace_id` and `span_id`. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options: LoggerSettings = {
    level,
    base: { service },
    timestamp: isoTime,
    formatters: { level: (label) => ({ level: label }), log: redact },
    // Serializers also apply to bindings of child loggers, which the formatter does not get.
    serializers: { ...secretSerializers, err: describeError },
    mixin: () => (isTracing() ? traceFields() : NO_FIELDS),
    // pino's own strategy copies the fields of every line.
    mixinMergeStrategy: (fields, mixed) => (mixed === NO_FIELDS ? fields : { ...mixed, ...fields }),
    hooks: {
      logMethod(args, method, severity) {
        method.apply(this, withCleanMessage(args))
        // The process may end right after an error.
        if (severity >= ERROR && destination !== undefined && 'flushSync' in destination)
          destination.flushSync()
      },
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

let lastMs = 0
let lastTime = ''

/** As pino's own: a busy service logs several lines in a millisecond, and to write a time out takes as long as half a line. */
function isoTime(): string {
  const now = Date.now()
  if (now !== lastMs) {
    lastMs = now
    lastTime = `,"time":"${new Date(now).toISOString()}"`
  }
  return lastTime
}

const NO_FIELDS = {}
const ERROR = pino.levels.values['error'] ?? 50

type Arguments = Parameters<LogFn>

/** pino uses an error's message as that of the line: it is redacted like the described error. */
function withCleanMessage(args: Arguments): Arguments {
  const first: unknown = args[0]
  const error: unknown = isRecord(first) && 'err' in first ? first.err : first
  if (!(error instanceof Error)) return args
  const [, message, ...rest] = args
  return [first, withoutSecrets(message ?? error.message), ...rest]
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null
