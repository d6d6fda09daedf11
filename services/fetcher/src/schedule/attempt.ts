import type { Carrier } from '@ikigai/chassis/tracing'
import type { Lane, StravaId } from '@ikigai/contracts'
import type { Lease } from '@ikigai/quota'
import type { EventCheck } from '../events/event-budget.ts'

/** The lanes that fetch single activities, and those whose work is an athlete's as a whole. */
export type ActivityLane = Extract<Lane, 'newest' | 'webhook'>
export type AthleteLane = Exclude<Lane, ActivityLane>

/** One call admitted by the quota ledger: used once, or released. */
export interface Permit {
  /** The lease, unless it was taken. */
  take(): Lease | undefined
  /** A settlement is under way that nothing has to wait for but the end of the attempt. */
  settling(settlement: Promise<unknown>): void
  /** Resolves when nothing is being settled any more. Rejects with why a settlement failed: its lease will expire. */
  settled(): Promise<void>
}

/** A permit for this lease. Without a lease it is empty, and the call has to be admitted first. */
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

/** One attempt at the next call of an athlete in a lane, under a lease. */
export interface Attempt {
  readonly lane: Lane
  readonly athleteId: StravaId
  /** The athlete's scopes. */
  readonly scopes: readonly string[]
  /** Name of the lease on the row of `fetch_queue`, required to end the attempt. */
  readonly leaseName: string
  /** As it was when the attempt began. */
  readonly requestSeq: number
  /** Set in the lanes that fetch single activities; undefined there if none is due. */
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
