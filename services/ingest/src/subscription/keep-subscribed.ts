import type { Clock, Logger, PeriodicTask } from '@ikigai/chassis'
import { backoffMs } from '@ikigai/chassis/async'
import { type Db, webhookSubscriptions } from '@ikigai/db'
import { createStravaClient } from '@ikigai/strava'
import type { IngestConfig } from '../config.ts'
import { createFixedWindowLimiter } from '../webhook/fixed-window-limiter.ts'
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
/**
 * Time without an event after which the subscription is checked at Strava, where it can disappear without notice. An event
 * shows that it exists, and each check may count towards the limits.
 */
const MAX_SILENCE_MS = 300_000
/** Maximum number of checks in an hour caused by unknown ids, because anyone who knows the address could invent ids. */
const MAX_CHECKS_PER_HOUR = 12

/**
 * Ensures the push subscription in the background: at the start, after five minutes without an event, and when an event names an
 * unknown subscription. Retries a failure after 1 to 60 seconds. Without `STRAVA_WEBHOOK_SUBSCRIBE` it changes nothing at Strava,
 * and checks only when an event names an unknown subscription.
 */
export function startSubscriptionKeeper({
  config,
  db,
  subscription,
  clock,
  logger,
}: KeeperOptions): PeriodicTask {
  const stopping = new AbortController()
  const mayChange = config.stravaWebhookSubscribe === 'true'
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
    mayChange,
    wanted: {
      callbackUrl: `${config.webhookUrl}/webhooks/strava/${config.stravaWebhookSecret}`,
      verifyToken: config.stravaWebhookVerifyToken,
    },
    onSeen: subscription.remember,
    now: () => clock.now(),
  }
  const mayCheck = createFixedWindowLimiter(MAX_CHECKS_PER_HOUR, 3_600_000, clock)
  let isCheckRequested = false
  let wake = new AbortController()
  subscription.onUnknown(() => {
    if (isCheckRequested || !mayCheck()) return
    isCheckRequested = true
    wake.abort()
  })

  let failures = 0
  /** @returns the time to wait before the next attempt (ms), and whether Strava answered this one */
  async function attempt(): Promise<{ readonly waitMs: number; readonly isAnswered: boolean }> {
    let state: SubscriptionState
    isCheckRequested = false
    const startedAt = clock.now()
    try {
      state = await ensureSubscription(deps)
    } catch (error) {
      if (!stopping.signal.aborted)
        logger.warn({ err: error }, 'push subscription could not be ensured; trying again later')
      failures += 1
      return { waitMs: backoffMs(failures, MIN_RETRY_MS, MAX_RETRY_MS), isAnswered: false }
    }
    failures = 0
    if (state === 'busy') return { waitMs: MIN_RETRY_MS, isAnswered: false }
    subscription.checked(startedAt)
    logger.info({ state }, 'push subscription checked')
    return { waitMs: MAX_SILENCE_MS, isAnswered: true }
  }

  /** Time until the next check is due (ms): no replica will have seen an event or a check for {@link MAX_SILENCE_MS} by then. */
  async function silenceLeft(): Promise<number> {
    const [row] = await db.select({ seenAt: webhookSubscriptions.seenAt }).from(webhookSubscriptions)
    const seenAt = Math.max(subscription.lastEventAt(), row?.seenAt.getTime() ?? Number.NEGATIVE_INFINITY)
    return seenAt + MAX_SILENCE_MS - clock.now()
  }

  async function wait(ms: number): Promise<void> {
    wake = new AbortController()
    if (!isCheckRequested) await clock.sleep(ms, AbortSignal.any([stopping.signal, wake.signal]))
  }

  async function keep(): Promise<void> {
    if (!mayChange) await waitUntilRequested()
    while (!stopping.signal.aborted) {
      const { waitMs, isAnswered } = await attempt()
      await wait(waitMs)
      while (isAnswered && !stopping.signal.aborted && !isCheckRequested) {
        const left = mayChange ? await silenceLeft().catch(() => 0) : MAX_SILENCE_MS
        if (left <= 0) break
        await wait(left)
      }
    }
  }

  async function waitUntilRequested(): Promise<void> {
    while (!stopping.signal.aborted && !isCheckRequested) await wait(MAX_SILENCE_MS)
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
