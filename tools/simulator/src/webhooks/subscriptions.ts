import type { Clock } from '../options.ts'
import type { Subscription } from './schemas.ts'

const FIRST_ID = 122_410

export interface SubscriptionRecord extends Subscription {
  /** Epoch ms. */
  createdAt: number
}

/** The one subscription that an application may have. */
export interface SubscriptionStore {
  get(): SubscriptionRecord | null
  set(callbackUrl: string, id?: number): SubscriptionRecord
  remove(): void
}

export function createSubscriptionStore(clock: Clock): SubscriptionStore {
  let current: SubscriptionRecord | null = null
  let nextId = FIRST_ID
  return {
    get: () => current,
    set(callbackUrl, id) {
      current = { id: id ?? nextId, callbackUrl, createdAt: clock.now() }
      nextId = Math.max(nextId, current.id) + 1
      return current
    },
    remove() {
      current = null
    },
  }
}
