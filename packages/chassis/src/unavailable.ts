import { describeError, type ErrorDescription } from './log-error.ts'

/** Code of an error raised without a query, because the database is known to be unreachable. */
export const DATABASE_UNAVAILABLE = 'DATABASE_UNAVAILABLE'

/**
 * Codes of Node, of postgres.js, of PostgreSQL (starting, stopping, read only, without disk, memory or connections) and of
 * the NATS client.
 */
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
  ...['57P01', '57P02', '57P03', '25006', '53100', '53200', '53300', DATABASE_UNAVAILABLE],
  ...['CONNECTION_REFUSED', 'TIMEOUT', 'DISCONNECT', '503'],
])

/** Whether an error means that a dependency of the service cannot be reached at present. */
export function isUnavailable(error: unknown): boolean {
  let described: ErrorDescription | undefined = describeError(error)
  for (; described !== undefined; described = described.cause) {
    if (described.errorCode !== undefined && UNAVAILABLE_CODES.has(described.errorCode)) return true
  }
  return false
}
