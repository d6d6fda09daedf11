import type { Logger } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { renewLeases } from './end-attempt.ts'

/** The leases on rows of the queue that this process holds. */
export interface Leases {
  /** Keeps a lease alive while the work lasts. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** Renews this process's leases three times in their length, so that only a dead or cut-off process loses one. */
export function keepLeases(options: { db: Db; logger: Logger; leaseMs: number }): Leases {
  const { db, logger, leaseMs } = options
  const held = new Set<string>()
  let renewing: Promise<void> = Promise.resolve()
  // Real time, like the leases themselves, which the database's clock ends.
  const timer = setInterval(() => {
    renewing = renewLeases(db, [...held], leaseMs).catch((error: unknown) => {
      logger.warn({ err: error }, 'leases could not be renewed')
    })
  }, leaseMs / 3)
  return {
    during: async (name, work) => {
      held.add(name)
      try {
        return await work()
      } finally {
        held.delete(name)
      }
    },
    stop: async () => {
      clearInterval(timer)
      await renewing
    },
  }
}
