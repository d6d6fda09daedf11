import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'
import { isUnavailable } from './unavailable.ts'

/** Options of {@link waitForDependency}. */
export interface DependencyOptions {
  /** For the log: `PostgreSQL`. */
  readonly name: string
  readonly clock: Clock
  readonly logger: Logger
  /** 90 seconds by default. */
  readonly timeoutMs?: number
}

/** The dependency was not available in time. */
export class DependencyUnavailableError extends Error {
  override readonly name = 'DependencyUnavailableError'
}

/** Longer than `migrate` and `provisionStreams` wait for another process (60 s each). */
const TIMEOUT_MS = 90_000
const MIN_RETRY_INTERVAL_MS = 250
const MAX_RETRY_INTERVAL_MS = 5_000
const LOG_INTERVAL_MS = 5_000

/**
 * Repeats `attempt` while a dependency is unavailable, for example because all services start at the same time. Logs a
 * warning at once and every five seconds.
 *
 * @throws DependencyUnavailableError when it is not available in time; any other error of `attempt`
 */
export async function waitForDependency<T>(
  options: DependencyOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  const { name: what, clock, logger, timeoutMs: withinMs = TIMEOUT_MS } = options
  const over = new AbortController()
  const begun = clock.now()
  let last: unknown
  const report = async () => {
    while (!over.signal.aborted) {
      await clock.sleep(LOG_INTERVAL_MS, over.signal)
      if (!over.signal.aborted)
        logger.warn({ seconds: Math.round((clock.now() - begun) / 1_000) }, `waiting for ${what}`)
    }
  }
  const late = async (): Promise<never> => {
    await clock.sleep(withinMs, over.signal)
    throw new DependencyUnavailableError(`${what} was unavailable for ${withinMs / 1_000} s`, {
      cause: last,
    })
  }
  const work = async (): Promise<T> => {
    for (let waitMs = MIN_RETRY_INTERVAL_MS; ; waitMs = Math.min(MAX_RETRY_INTERVAL_MS, waitMs * 2)) {
      try {
        return await attempt()
      } catch (error) {
        if (over.signal.aborted || !isUnavailable(error)) throw error
        if (last === undefined) logger.warn({ err: error }, `waiting for ${what}`)
        last = error
        await clock.sleep(waitMs, over.signal)
      }
    }
  }
  const lateness = late()
  void report()
  try {
    return await Promise.race([work(), lateness])
  } finally {
    lateness.catch(() => {})
    over.abort()
  }
}
