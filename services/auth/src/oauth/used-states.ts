import { createHash } from 'node:crypto'
import type { Db } from '@ikigai/db'
import { spendBudget } from '@ikigai/quota'
import { SIGN_IN_TTL_MS } from './sign-in-cookies.ts'

/** The states that callbacks have used, over all replicas. */
export interface UsedStates {
  /** Marks a state as used. @returns false when it was used before */
  use(state: string): Promise<boolean>
}

/** A state is a budget of one while its cookie is valid. The table holds a digest of it. */
export function createUsedStates(db: Db, clock: { now(): number }): UsedStates {
  return {
    use: (state) => {
      const key = `state:${createHash('sha256').update(state).digest('base64url')}`
      const rule = { limit: 1, windowMs: SIGN_IN_TTL_MS }
      return spendBudget(db, key, rule, clock.now())
    },
  }
}
