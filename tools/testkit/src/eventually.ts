import { setTimeout as delay } from 'node:timers/promises'

/** The next attempt follows after this share of the time so far, within these bounds (ms). */
const GROWTH = 0.1
const [SHORTEST_MS, LONGEST_MS] = [5, 100]

/** Far more than anything takes: a busy machine is slow, and only failing conditions wait this long. */
const DEFAULT_TIMEOUT_MS = 30_000

export interface EventuallyOptions {
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** Between two looks; by default 5, and up to 100 the longer it takes. To be given where each look moves something on. */
  readonly intervalMs?: number
  /** Description of the condition, for the error message. */
  readonly what?: string
}

/** Of a promise or a plain value: what is left when it is truthy. */
type Truthy<T> = Exclude<T, undefined | null | false | 0 | '' | 0n>

/**
 * Calls `attempt` again and again until it returns something truthy, and returns that. An attempt that throws counts as
 * not yet; the last error is the cause of the one thrown when the time is up.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Truthy<T>> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, intervalMs, what = describe(attempt) } = options
  const startedAt = performance.now()
  let attempts = 0
  for (;;) {
    attempts += 1
    let outcome: string
    let cause: unknown
    try {
      const value = await attempt()
      if (isTruthy(value)) return value
      outcome = `it returned ${String(value)}`
    } catch (error) {
      cause = error
      outcome = `it threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
    }
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs >= timeoutMs) {
      throw new Error(
        `Not within ${timeoutMs} ms (${attempts} attempts): ${what}. The last time ${outcome}.`,
        { cause },
      )
    }
    await delay(intervalMs ?? Math.min(LONGEST_MS, Math.max(SHORTEST_MS, elapsedMs * GROWTH)))
  }
}

function isTruthy<T>(value: T): value is Truthy<T> {
  return Boolean(value)
}

function describe(attempt: () => unknown): string {
  const source = attempt.toString().replaceAll(/\s+/g, ' ')
  return source.length > 120 ? `${source.slice(0, 117)}...` : source
}
