import { createHmac, hkdfSync } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import type { RingKey } from '@ikigai/keyring'
import type { BudgetRule } from '@ikigai/quota'

/** Maximum number of imports in a day whose first page an athlete gets in the `signup` lane. */
export const SIGNUP_BUDGET: BudgetRule = { limit: 3, windowMs: 86_400_000 }

/**
 * Creates the function that derives the key of an athlete's budget of `signup` calls: an HMAC of the id, so that the budget
 * outlives an erasure without identifying the athlete.
 * @param ring the sessions' keys; a rotation resets the budgets
 */
export function createSignupBudgetKey(ring: readonly RingKey[]): (athleteId: StravaId) => string {
  const [current] = ring
  if (current === undefined) throw new TypeError('a key ring holds a key')
  const key = Buffer.from(hkdfSync('sha256', current.key, '', 'ikigai sign-up budget', 32))
  return (athleteId) => `signup:${createHmac('sha256', key).update(athleteId).digest('base64url')}`
}
