import type { Logger } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { renewClaims } from './queue.ts'

/** The claims that this process holds. */
export interface Claims {
  /** Keeps a claim alive while the work lasts. */
  during<T>(claim: string, work: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** Renews this process's claims three times in the length of a lease, so that only a dead or cut-off process loses one. */
export function keepClaims(options: { db: Db; logger: Logger; leaseMs: number }): Claims {
  const { db, logger, leaseMs } = options
  const held = new Set<string>()
  let renewing: Promise<void> = Promise.resolve()
  // Real time, like the leases themselves, which the database's clock ends.
  const timer = setInterval(() => {
    renewing = renewClaims(db, [...held], leaseMs).catch((error: unknown) => {
      logger.warn({ err: error }, 'claims could not be renewed')
    })
  }, leaseMs / 3)
  return {
    during: async (claim, work) => {
      held.add(claim)
      try {
        return await work()
      } finally {
        held.delete(claim)
      }
    },
    stop: async () => {
      clearInterval(timer)
      await renewing
    },
  }
}
