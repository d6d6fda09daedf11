import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { describeError } from './log-error.ts'

export type { Logger } from 'pino'

/** How a service logs. */
export interface LoggerOptions {
  readonly service: string
  readonly level: LevelWithSilent
  /** Standard output by default. */
  readonly destination?: DestinationStream | undefined
}

const SECRET_FIELDS = [
  'access_token',
  'refresh_token',
  'client_secret',
  'accessToken',
  'refreshToken',
  'clientSecret',
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'code',
]

/** Each secret field at the top, one and two levels down; deeper objects are not logged. */
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`])

/** A logger that writes one line of JSON per event and no secret. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    serializers: { err: describeError },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
