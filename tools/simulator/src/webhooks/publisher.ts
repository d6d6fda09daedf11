import type { ActivityRecord } from '../athletes/records.ts'
import type { StravaId } from '../ids.ts'
import type { Grants } from '../oauth/grants.ts'
import type { Clock } from '../options.ts'
import { type ActivityChange, eventOfChange } from './activity-events.ts'
import type { Deliverer } from './deliverer.ts'
import type { CustomEvent } from './schemas.ts'
import type { SubscriptionStore } from './subscriptions.ts'

/** Sends events about changes to the subscription; without one, nothing is sent. */
export interface Publisher {
  activity(activity: ActivityRecord, change: ActivityChange): void
  deauthorized(athleteId: StravaId): void
  /** Sends an event as given. */
  custom(event: CustomEvent): void
}

interface PublisherOptions {
  clock: Clock
  grants: Grants
  subscriptions: SubscriptionStore
  deliverer: Deliverer
}

export function createPublisher({ clock, grants, subscriptions, deliverer }: PublisherOptions): Publisher {
  function custom(event: CustomEvent): void {
    const subscription = subscriptions.get()
    if (subscription === null) return
    const {
      eventTime = Math.floor(clock.now() / 1000),
      subscriptionId = subscription.id,
      updates = {},
    } = event
    deliverer.send({ ...event, eventTime, subscriptionId, updates }, subscription.callbackUrl)
  }
  return {
    custom,
    activity({ id, athlete }, change) {
      const event = eventOfChange(change, grants.byAthlete(athlete.id)?.scopes ?? [])
      if (event !== undefined) custom({ objectType: 'activity', objectId: id, ownerId: athlete.id, ...event })
    },
    deauthorized(athleteId) {
      custom({
        objectType: 'athlete',
        aspectType: 'update',
        objectId: athleteId,
        ownerId: athleteId,
        updates: { authorized: 'false' },
      })
    },
  }
}
