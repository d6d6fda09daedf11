import type { Logger } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { renewLeases } from './end-attempt.ts'

/** This process's leases on rows of the queue. */
export interface Leases {
  /** Runs work, and renews the lease of this name until the work ends. */
  during<T>(name: string, work: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** Renews leases three times per lease duration, so that only a dead or disconnected process loses one. */
export function keepLeases(options: { db: Db; logger: Logger; leaseMs: number }): Leases {
  const { db, logger, leaseMs } = options
  const held = new Set<string>()
  let renewing: Promise<void> = Promise.resolve()
  // Real time, because leases end by the database's clock.
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
