import { LANES, type Lane, type QuotaStatus, type Wait } from '@ikigai/contracts'
import { advanceTo, check, type Denial } from './admission.ts'
import { WINDOW_GUARD_MS } from './clock-bound.ts'
import { COUNTERS, type LedgerState, windowEnd } from './state.ts'
import { WINDOW_MS, WINDOWS, type Window } from './windows.ts'

const DETAIL: Record<Denial['reason'], string> = {
  quota_15min: "Strava's limit for this quarter of an hour is spent.",
  quota_day: "Strava's limit for this day (UTC) is spent.",
  reserved: 'What is left of the limit is kept for new sign-ups and new activities.',
  rate_limited: 'Strava asks for a pause.',
  application_inactive: 'Strava has disabled this application.',
  strava_unavailable: 'Strava does not answer at present.',
  token_rejected: 'Strava rejects an access token that it has just confirmed; it is used again in a moment.',
  needs_reauthorization: 'Strava no longer accepts the permission; connect again.',
  scope_missing: 'The permission to read activities was not given.',
  queued: 'Its turn comes.',
}

/** Names of the windows in the API and in metrics. */
export const WINDOW_NAMES = { quarterHour: '15min', day: 'day' } as const satisfies Record<Window, string>

/** A wait as clients see it. `until` is epoch ms, or undefined where no end is known. */
export const waitOf = (reason: Denial['reason'], until?: number): Wait => ({
  reason,
  until: until === undefined ? null : new Date(until).toISOString(),
  detail: DETAIL[reason],
})

/** The ledger as clients, other teams and operators see it. `queued`: jobs that wait, by lane. */
export function quotaStatus(
  state: LedgerState,
  now: number,
  queued: Partial<Record<Lane, number>> = {},
): QuotaStatus {
  const current = advanceTo(state, now)
  return {
    windows: WINDOWS.flatMap((window) =>
      COUNTERS.map((counter) => ({
        window: WINDOW_NAMES[window],
        counter,
        limit: current[counter].limit[window],
        used: current[counter].used[window],
        resets_at: new Date(windowEnd(current, window) + WINDOW_GUARD_MS).toISOString(),
      })),
    ),
    lanes: LANES.map((lane) => {
      const decision = check(current, lane, now)
      return {
        lane,
        queued: queued[lane] ?? 0,
        waiting: decision.allowed ? null : waitOf(decision.reason, decision.retryAt),
      }
    }),
    strava: stravaState(current, now),
    history: historyOf(current),
    as_of: new Date(now).toISOString(),
  }
}

/** The quarters of an hour of the usage history, and the present one. */
function historyOf({ usageHistory, read, start }: LedgerState): QuotaStatus['history'] {
  const used = [...usageHistory.used, read.used.quarterHour]
  const limits = [...usageHistory.limit, read.limit.quarterHour]
  return used.map((calls, i) => ({
    window_start: new Date(start.quarterHour - (used.length - 1 - i) * WINDOW_MS.quarterHour).toISOString(),
    used: calls,
    limit: limits[i] ?? read.limit.quarterHour,
  }))
}

function stravaState({ breaker: { tripped } }: LedgerState, now: number): QuotaStatus['strava'] {
  // A pause ends at its time; the other two end when a probe succeeds.
  if (tripped === null || (tripped.reason === 'rate_limited' && now >= tripped.until))
    return { state: 'available', until: null }
  const state = tripped.reason === 'strava_unavailable' ? 'unavailable' : tripped.reason
  return { state, until: new Date(tripped.until).toISOString() }
}
