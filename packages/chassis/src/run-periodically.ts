import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

/** A background task that runs periodically. */
export interface PeriodicTask {
  /** Ends after the current run. */
  stop(): Promise<void>
}

/**
 * Runs `task` at once and then `ms` after each end, never concurrently; a failure is logged, and the next run tries
 * again. The signal aborts when the task is stopped.
 */
export function runPeriodically(
  ms: number,
  task: (signal: AbortSignal) => Promise<void>,
  clock: Clock,
  logger: Logger,
): PeriodicTask {
  const stopping = new AbortController()
  const loop = async () => {
    while (!stopping.signal.aborted) {
      try {
        await task(stopping.signal)
      } catch (error) {
        logger.warn({ err: error }, 'background work failed; trying again later')
      }
      await clock.sleep(ms, stopping.signal)
    }
  }
  const looping = loop()
  return {
    stop: async () => {
      stopping.abort()
      await looping
    },
  }
}
