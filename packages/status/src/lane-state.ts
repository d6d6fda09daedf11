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
  /** Calls that have failed and come again at a later time. */
  readonly failing: number
  /** When the first of those comes again: epoch ms. */
  readonly retryAt: number | undefined
}

/** A lane as the status page shows it. */
export type LaneState = QuotaStatus['lanes'][number]

/**
 * State of a lane: what it holds, and what it waits for. `decision`: whether the quota ledger admits a call of it now. A lane
 * that may call waits all the same while all that it holds has failed before.
 */
export function laneStateOf(load: LaneLoad, decision: Decision, strava: StravaState): LaneState {
  const { lane, waiting, underWay, failing, retryAt } = load
  const queued = waiting + failing
  if (!decision.allowed) return { lane, queued, waiting: waitOf(decision.reason, decision.retryAt) }
  if (failing === 0 || waiting + underWay > 0) return { lane, queued, waiting: null }
  return { lane, queued, waiting: waitOf(isFailing(strava) ? 'strava_unavailable' : 'queued', retryAt) }
}
