import type { Lane, QuotaStatus } from '@ikigai/contracts'
import type { Decision } from '@ikigai/quota'
import { isFailing, type StravaState } from './strava-state.ts'
import { waitOf } from './wait.ts'

/** Work queued in a lane. */
export interface LaneLoad {
  readonly lane: Lane
  /** Calls that could be made now. */
  readonly waiting: number
  readonly underWay: number
  /** Failed calls that will be tried again later. */
  readonly failing: number
  /** When the first of those is tried again: epoch ms. */
  readonly retryAt: number | undefined
}

/** State of a lane in `GET /v1/status`. */
export type LaneState = QuotaStatus['lanes'][number]

/**
 * State of a lane: its queued work, and what it waits for. `decision`: whether the quota ledger admits a call of the lane
 * now. A lane that may call still counts as waiting while all of its work has failed before.
 */
export function laneStateOf(load: LaneLoad, decision: Decision, strava: StravaState): LaneState {
  const { lane, waiting, underWay, failing, retryAt } = load
  const queued = waiting + failing
  if (!decision.allowed) return { lane, queued, waiting: waitOf(decision.reason, decision.retryAt) }
  if (failing === 0 || waiting + underWay > 0) return { lane, queued, waiting: null }
  return { lane, queued, waiting: waitOf(isFailing(strava) ? 'strava_unavailable' : 'queued', retryAt) }
}
