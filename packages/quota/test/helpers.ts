import type { Lane } from '@ikigai/contracts'
import {
  type ClockBound,
  type Denial,
  initialState,
  type Lease,
  type LedgerState,
  type RateLimitHeaders,
  reserve,
} from '../src/index.ts'

/** A Monday, a quarter of an hour and five seconds after noon (UTC). */
export const NOON = Date.UTC(2026, 5, 15, 12, 15, 5)
export const MINUTE = 60_000
export const QUARTER = 15 * MINUTE
export const DAY = 24 * 60 * MINUTE

export const limitsOf = (quarterHour: number, day: number) => ({
  read: { quarterHour, day },
  overall: { quarterHour: 2 * quarterHour, day: 2 * day },
})

export const fresh = (quarterHour = 100, day = 1_000, now = NOON) =>
  initialState(limitsOf(quarterHour, day), now)

/** A reading of both counters, of an application that makes reads alone. */
export const headersOf = (
  quarterHour: number,
  day: number,
  limits = limitsOf(100, 1_000),
): RateLimitHeaders => ({
  read: {
    quarterHour: { limit: limits.read.quarterHour, used: quarterHour },
    day: { limit: limits.read.day, used: day },
  },
  overall: {
    quarterHour: { limit: limits.overall.quarterHour, used: quarterHour },
    day: { limit: limits.overall.day, used: day },
  },
})

let ids = 0

/** Asks for one call of a lane. */
export function ask(
  state: LedgerState,
  lane: Lane,
  now: number | ClockBound,
): { state: LedgerState; lease?: Lease; denial?: Denial } {
  return reserve(state, { id: String(ids++), lane, now, leaseMs: 30_000 })
}

/** Takes one call, which must be granted. */
export function take(
  state: LedgerState,
  lane: Lane,
  now: number | ClockBound,
): { state: LedgerState; lease: Lease } {
  const { lease, ...answer } = ask(state, lane, now)
  if (lease === undefined) throw new Error(`refused: ${answer.denial?.reason}`)
  return { state: answer.state, lease }
}

/** Takes calls of a lane until it is refused; they stay under way. */
export function takeAll(
  state: LedgerState,
  lane: Lane,
  now: number | ClockBound,
): { state: LedgerState; leases: Lease[]; denial: Denial } {
  const leases: Lease[] = []
  for (let current = state; ; ) {
    const answer = ask(current, lane, now)
    current = answer.state
    if (answer.denial !== undefined) return { state: current, leases, denial: answer.denial }
    if (answer.lease !== undefined) leases.push(answer.lease)
  }
}
