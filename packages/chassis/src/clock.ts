import { setTimeout as delay } from 'node:timers/promises'

/** Time as a parameter, so that tests can move it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Maximum delay of `setTimeout`, which fires at once for a longer one. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    const options = signal === undefined ? {} : { signal }
    await delay(Math.min(Math.max(0, ms), MAX_DELAY_MS), undefined, options).catch(() => {})
  },
}
