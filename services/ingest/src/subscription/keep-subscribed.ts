import type { Clock, Logger, PeriodicTask } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { createStravaClient } from '@ikigai/strava'
import type { IngestConfig } from '../config.ts'
import { ensureSubscription, type SubscriptionState } from './ensure-subscription.ts'
import type { KnownSubscription } from './known-subscription.ts'

/** What keeping the subscription needs. */
export interface KeeperOptions {
  readonly config: IngestConfig
  readonly db: Db
  readonly subscription: KnownSubscription
  readonly clock: Clock
  readonly logger: Logger
}

/** Three calls in a row stay below the time that Postgres lets a transaction idle. */
const CALL_TIMEOUT_MS = 6_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000
/** A subscription can vanish at Strava unseen. */
const LOOK_AGAIN_MS = 3_600_000

/** Sees to the push subscription in the background, now and every hour; a failure is tried again after 1 to 60 seconds. */
export function keepSubscribed({ config, db, subscription, clock, logger }: KeeperOptions): PeriodicTask {
  const stopping = new AbortController()
  const client = createStravaClient({
    apiUrl: config.stravaApiUrl,
    oauthUrl: config.stravaOauthUrl,
    revokePath: config.stravaRevokePath,
    clientId: config.stravaClientId,
    clientSecret: config.stravaClientSecret,
    timeoutMs: CALL_TIMEOUT_MS,
    fetch: stoppable(stopping.signal),
  })
  const deps = {
    db,
    client,
    wanted: {
      callbackUrl: `${config.webhookUrl}/webhooks/strava/${config.stravaWebhookSecret}`,
      verifyToken: config.stravaWebhookVerifyToken,
    },
    onSeen: subscription.remember,
    now: () => clock.now(),
  }

  let failures = 0
  /** Resolves with the time to wait before the next try. */
  async function attempt(): Promise<number> {
    let state: SubscriptionState
    try {
      state = await ensureSubscription(deps)
    } catch (error) {
      if (!stopping.signal.aborted)
        logger.warn({ err: error }, 'no push subscription yet; trying again later')
      failures += 1
      return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS)
    }
    failures = 0
    if (state === 'busy') return FIRST_RETRY_MS
    logger.info({ state }, 'push subscription')
    return LOOK_AGAIN_MS
  }

  async function keep(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waitMs = await attempt()
      // A clock that rejects when it is interrupted ends the wait just the same.
      await clock.sleep(waitMs, stopping.signal).catch(() => {})
    }
  }

  const keeping = keep()
  return {
    stop: async () => {
      stopping.abort()
      await keeping
    },
  }
}

/** `fetch` that gives up when this service stops. */
function stoppable(signal: AbortSignal): typeof fetch {
  return (input, init) => {
    const given = init?.signal
    return fetch(input, { ...init, signal: given ? AbortSignal.any([given, signal]) : signal })
  }
}
