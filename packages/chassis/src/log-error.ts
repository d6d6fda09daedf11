/** Description of an error for a log line. */
export interface ErrorDescription {
  readonly type: string
  readonly message: string
  /** SQLSTATE, or a code of Node, NATS or Fastify. Not `code`: that name may hold an OAuth code and is redacted. */
  readonly errorCode?: string
  readonly stack?: string
  readonly cause?: ErrorDescription
}

/**
 * Texts that may contain secrets: Drizzle's message has every bound parameter, and addresses have
 * credentials in their user part or query.
 */
const SECRETS: readonly [RegExp, string][] = [
  [/\nparams: [\s\S]*/g, ''],
  [
    /((?:access_token|refresh_token|client_secret|password|code|state|token)["']?\s*[=:]\s*["']?)[^\s"'&,}]+/gi,
    '$1[redacted]',
  ],
  [/(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/(\w+:\/\/)[^\s/@:]*:[^\s/@]*@/g, '$1[redacted]@'],
  [/(\/webhooks\/strava\/)[^\s/?"']+/g, '$1[redacted]'],
]

/** Redacts possible secrets in a text. */
export const withoutSecrets = (text: string) =>
  SECRETS.reduce((clean, [pattern, replacement]) => clean.replaceAll(pattern, replacement), text)

/** Describes an error for the log: the type, a message without secrets, the frames, and one cause. */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error))
    return { type: typeof error, message: withoutSecrets(String(error)).slice(0, 500) }
  const code = 'code' in error && typeof error.code === 'string' ? { errorCode: error.code } : {}
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return {
    type: error.name,
    message: withoutSecrets(error.message).slice(0, 1_000),
    ...code,
    ...(frames.length === 0 ? {} : { stack: frames.slice(0, 12).join('\n') }),
    ...(error.cause === undefined || depth > 2 ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}
