import type { Carrier } from '@ikigai/chassis/tracing'
import type { Lane, StravaId } from '@ikigai/contracts'
import type { Lease } from '@ikigai/quota'
import type { EventCheck } from '../events/event-budget.ts'

/** The lanes that fetch single activities. */
export type ActivityLane = Extract<Lane, 'newest' | 'webhook'>
/** The lanes whose work concerns an athlete as a whole. */
export type AthleteLane = Exclude<Lane, ActivityLane>

/** One call admitted by the quota ledger, to be used at most once. An unused one is released at the end of the attempt. */
export interface Permit {
  /** Hands over the lease; undefined if it was taken before. */
  take(): Lease | undefined
  /** Adds a settlement that is under way; only the end of the attempt waits for it. */
  settling(settlement: Promise<unknown>): void
  /** Resolves when all settlements have ended. Rejects if one failed; its lease then expires. */
  settled(): Promise<void>
}

/** A permit for this lease. Without a lease it is empty, and the caller has to reserve the call. */
export function permitOf(lease: Lease | undefined): Permit {
  let left = lease
  let last: Promise<unknown> = Promise.resolve()
  return {
    take: () => {
      const taken = left
      left = undefined
      return taken
    },
    settling: (settlement) => {
      last = Promise.all([last, settlement])
      last.catch(() => {})
    },
    settled: async () => {
      await last
    },
  }
}

/** The activity that an attempt fetches. */
export interface WantedActivity {
  readonly activityId: StravaId
  /** Number of requests for it when the attempt began; if it is higher at the end, the activity is fetched again. */
  readonly requestSeq: number
}

/** One attempt at the next call of an athlete in a lane, under a lease. */
export interface Attempt {
  readonly lane: Lane
  readonly athleteId: StravaId
  /** The athlete's scopes. */
  readonly scopes: readonly string[]
  /** Name of the lease on the row of `fetch_queue`, required to end the attempt. */
  readonly leaseName: string
  /** Number of requests in this lane for the athlete when the attempt began; if it is higher at the end, there is more to do. */
  readonly requestSeq: number
  /** In the lanes that fetch single activities: the one to fetch, or undefined if none is due. */
  readonly wanted: WantedActivity | undefined
  /** Failures before this one. */
  readonly failures: number
  /** In the lane `webhook`: how the athlete's events are to be checked. */
  readonly eventCheck?: EventCheck | undefined
  /** Inboxes to notify of the outcome. */
  readonly replyTo: readonly string[]
  /** Trace context of the request. */
  readonly trace: Carrier
  readonly permit: Permit
  /** Whether an athlete waits for it: a sign-up, or one who is watching. */
  readonly isWaitedFor?: boolean
}
