import { randomUUID } from 'node:crypto'
import type { Lane } from '@ikigai/contracts'
import { reserve } from './admission.ts'
import type { ClockBound } from './clock-bound.ts'
import type { Lease, LedgerState } from './state.ts'

/**
 * Duration of a lease: longer than the client's time-out, so a crashed replica's call counts as made until it can no longer
 * reach Strava.
 */
export const LEASE_MS = 30_000

/** Computes the next state; undefined if nothing has to be written. */
export type Step<T> = (state: LedgerState) => { readonly state: LedgerState | undefined; readonly result: T }

/** A step that waits until the current write of this replica has ended. */
export interface PendingStep {
  compute(before: LedgerState): { readonly state: LedgerState | undefined; deliver(): void }
  reject(error: unknown): void
}

/** Combines steps into one; its result delivers the results of all of them. */
export const combine =
  (batch: readonly PendingStep[]): Step<(() => void)[]> =>
  (before) => {
    let state: LedgerState | undefined
    const result = batch.map(({ compute }) => {
      const next = compute(state ?? before)
      state = next.state ?? state
      return next.deliver
    })
    return { state, result }
  }

/** Reserves up to `atMost` calls of a lane. Returns the state after each of them, and the denial of the next one. */
export function reserveUpTo(
  before: LedgerState,
  lane: Lane,
  now: ClockBound,
  { atMost, isWaitedFor }: { readonly atMost: number; readonly isWaitedFor: boolean },
) {
  const states: LedgerState[] = []
  const leases: Lease[] = []
  while (leases.length < atMost) {
    const request = { id: randomUUID(), lane, now, leaseMs: LEASE_MS, isWaitedFor }
    const answer = reserve(states.at(-1) ?? before, request)
    if ('denial' in answer) return { states, leases, denial: answer.denial }
    states.push(answer.state)
    leases.push(answer.lease)
  }
  return { states, leases, denial: undefined }
}
