import type { Clock, Logger, PeriodicTask } from '@ikigai/chassis'
import { backoffMs } from '@ikigai/chassis/async'
import type { Db } from '@ikigai/db'
import { createStravaClient } from '@ikigai/strava'
import type { IngestConfig } from '../config.ts'
import { ensureSubscription, type SubscriptionState } from './ensure-subscription.ts'
import type { KnownSubscription } from './known-subscription.ts'

export interface KeeperOptions {
  readonly config: IngestConfig
  readonly db: Db
  readonly subscription: KnownSubscription
  readonly clock: Clock
  readonly logger: Logger
}

/** Three calls in a row stay below Postgres' limit for an idle transaction. */
const CALL_TIMEOUT_MS = 6_000
const MIN_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** A subscription can disappear at Strava without notice. */
const CHECK_INTERVAL_MS = 3_600_000

/** Ensures the push subscription in the background, now and every hour; retries a failure after 1 to 60 seconds. */
export function startSubscriptionKeeper({
  config,
  db,
  subscription,
  clock,
  logger,
}: KeeperOptions): PeriodicTask {
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
  /** Resolves with the milliseconds to wait before the next attempt. */
  async function attempt(): Promise<number> {
    let state: SubscriptionState
    try {
      state = await ensureSubscription(deps)
    } catch (error) {
      if (!stopping.signal.aborted)
        logger.warn({ err: error }, 'no push subscription yet; trying again later')
      failures += 1
      return backoffMs(failures, MIN_RETRY_MS, MAX_RETRY_MS)
    }
    failures = 0
    if (state === 'busy') return MIN_RETRY_MS
    logger.info({ state }, 'push subscription')
    return CHECK_INTERVAL_MS
  }

  async function keep(): Promise<void> {
    while (!stopping.signal.aborted) {
      const waitMs = await attempt()
      await clock.sleep(waitMs, stopping.signal)
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

/** `fetch` that aborts when `signal` does. */
function stoppable(signal: AbortSignal): typeof fetch {
  return (input, init) => {
    const given = init?.signal
    return fetch(input, { ...init, signal: given ? AbortSignal.any([given, signal]) : signal })
  }
}
