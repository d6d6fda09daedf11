import type { QuotaStatus } from '@ikigai/contracts'
import {
  advanceTo,
  COUNTERS,
  check,
  type LedgerState,
  WINDOW_GUARD_MS,
  WINDOW_MS,
  WINDOW_NAMES,
  WINDOWS,
  windowEnd,
} from '@ikigai/quota'
import { type LaneLoad, laneStateOf } from './lane-state.ts'
import { stravaStateOf } from './strava-state.ts'

/** The ledger as clients, other teams and operators see it. `loads`: queued work of each lane. `now` is epoch ms. */
export function quotaStatus(state: LedgerState, now: number, loads: readonly LaneLoad[]): QuotaStatus {
  const current = advanceTo(state, now)
  const strava = stravaStateOf(current, now)
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
    lanes: loads.map((load) => laneStateOf(load, check(current, load.lane, now), strava)),
    strava,
    history: historyOf(current),
    as_of: new Date(now).toISOString(),
  }
}

/** The usage history with the current quarter of an hour. */
function historyOf({ usageHistory, read, start }: LedgerState): QuotaStatus['history'] {
  const used = [...usageHistory.used, read.used.quarterHour]
  const limits = [...usageHistory.limit, read.limit.quarterHour]
  return used.map((calls, i) => ({
    window_start: new Date(start.quarterHour - (used.length - 1 - i) * WINDOW_MS.quarterHour).toISOString(),
    used: calls,
    limit: limits[i] ?? read.limit.quarterHour,
  }))
}
