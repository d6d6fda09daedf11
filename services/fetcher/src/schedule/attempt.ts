import type { Carrier } from '@ikigai/chassis/tracing'
import type { Lane, StravaId } from '@ikigai/contracts'
import type { Lease } from '@ikigai/quota'
import type { EventCheck } from '../events/event-budget.ts'

/** The lanes that fetch single activities, and those whose work is an athlete's as a whole. */
export type ActivityLane = Extract<Lane, 'newest' | 'webhook'>
export type AthleteLane = Exclude<Lane, ActivityLane>

/** One call that the quota ledger has admitted: taken once, or given back. */
export interface Permit {
  /** The lease, if nobody has taken it yet. */
  take(): Lease | undefined
  /** A settlement is under way that nothing has to wait for but the end of the attempt. */
  settling(settlement: Promise<unknown>): void
  /** Resolves when nothing is being settled any more. Rejects with why a settlement failed: its lease will expire. */
  settled(): Promise<void>
}

/** A permit for this lease; without one, for nothing, and the call has to be admitted first. */
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

/** The activity that an attempt is about. */
export interface WantedActivity {
  readonly activityId: StravaId
  /** As it was when the attempt began. */
  readonly requestSeq: number
}

/** One try at the next piece of an athlete's work in a lane, under a lease. */
export interface Attempt {
  readonly lane: Lane
  readonly athleteId: StravaId
  /** What the athlete allows. */
  readonly scopes: readonly string[]
  /** Names the lease on the row of `fetch_queue`: whatever ends the attempt must know it. */
  readonly leaseName: string
  /** As it was when the attempt began. */
  readonly requestSeq: number
  /** In the lanes that fetch single activities; undefined there means that none is to be fetched now. */
  readonly wanted: WantedActivity | undefined
  /** Failures before this one. */
  readonly failures: number
  /** In the lane `webhook`: how the athlete's events are to be checked. */
  readonly eventCheck?: EventCheck | undefined
  /** Inboxes of those who wait for the outcome. */
  readonly replyTo: readonly string[]
  /** The trace of what asked for it. */
  readonly trace: Carrier
  readonly permit: Permit
  /** Whether somebody waits for it now: a sign-up, or an athlete who is watching. */
  readonly isWaitedFor?: boolean
}
