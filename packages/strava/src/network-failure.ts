import type { StravaError } from './result.ts'

/** Converts an error of sending a request or of reading a body to an error value, without its message, which may contain a token. */
export function networkFailure(thrown: unknown, timedOut: boolean): StravaError {
  if (timedOut) return { kind: 'timeout', message: 'Strava did not answer in time' }
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
  const code = textProperty(cause, 'code')
  if (code?.startsWith('Z_')) return { kind: 'malformed', message: 'the compressed body is broken' }
  return {
    kind: 'network',
    sent: !isRejectedUnsent(thrown) && !isNeverSent(cause),
    ...(code !== undefined && { code }),
    message:
      code === undefined ? 'the connection to Strava failed' : `the connection to Strava failed (${code})`,
  }
}

/** Whether the client rejected the request itself, for example because of a token with invalid characters. */
function isRejectedUnsent(thrown: unknown): boolean {
  return thrown instanceof TypeError && thrown.cause === undefined
}

/** Whether the request failed before any byte was sent: name lookup, connecting, the TLS handshake. */
function isNeverSent(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.every(isNeverSent)
  const syscall = textProperty(cause, 'syscall')
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true
  const code = textProperty(cause, 'code') ?? ''
  return /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_)/.test(code)
}

function textProperty(value: unknown, name: 'code' | 'syscall'): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const property: unknown = Reflect.get(value, name)
  return typeof property === 'string' ? property : undefined
}
