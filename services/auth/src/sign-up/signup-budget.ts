import { createHmac, hkdfSync } from 'node:crypto'
import type { StravaId } from '@ikigai/contracts'
import type { RingKey } from '@ikigai/keyring'
import type { BudgetRule } from '@ikigai/quota'

/** Imports whose first page one athlete has fetched in the `signup` lane in a day. */
export const SIGNUP_BUDGET: BudgetRule = { limit: 3, windowMs: 86_400_000 }

/**
 * Makes the key of an athlete's budget of `signup` calls: an HMAC of the id. So the budget outlives an erasure (whoever
 * disconnects and signs in again has spent it all the same) and names nobody without the secret.
 * @param ring the sessions' keys; after a rotation budgets begin anew
 */
export function createSignupBudgetKey(ring: readonly RingKey[]): (athleteId: StravaId) => string {
  const [current] = ring
  if (current === undefined) throw new TypeError('a key ring holds a key')
  const key = Buffer.from(hkdfSync('sha256', current.key, '', 'ikigai sign-up budget', 32))
  return (athleteId) => `signup:${createHmac('sha256', key).update(athleteId).digest('base64url')}`
}
