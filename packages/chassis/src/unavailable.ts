import { describeError, type ErrorDescription } from './log-error.ts'

/** Code of an error about a database that was found out of reach, and was not asked. */
export const DATABASE_UNAVAILABLE = 'DATABASE_UNAVAILABLE'

/** Codes of Node, of postgres.js, of PostgreSQL (starting, stopping, full) and of the NATS client. */
const UNAVAILABLE_CODES = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EPIPE',
  ],
  ...['CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED'],
  ...['57P01', '57P02', '57P03', '53300', DATABASE_UNAVAILABLE],
  ...['CONNECTION_REFUSED', 'TIMEOUT', 'DISCONNECT', '503'],
])

/** Whether an error says that something this service depends on cannot be reached now: later it may. */
export function isUnavailable(error: unknown): boolean {
  let described: ErrorDescription | undefined = describeError(error)
  for (; described !== undefined; described = described.cause) {
    if (described.errorCode !== undefined && UNAVAILABLE_CODES.has(described.errorCode)) return true
  }
  return false
}
