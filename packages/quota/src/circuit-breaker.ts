import { type Static, Type } from 'typebox'

const tripped = Type.Object({
  reason: Type.Union([
    Type.Literal('rate_limited'),
    Type.Literal('application_inactive'),
    Type.Literal('strava_unavailable'),
  ]),
  /** End of the open state, epoch ms; half-open after it, until a probe is answered. */
  until: Type.Integer(),
  /** Trips in a row for this reason: each is open for longer. */
  trips: Type.Integer(),
})

/** Schema of {@link CircuitBreaker}. */
export const BreakerSchema = Type.Object({
  /** Failures in a row while closed; of one job alone, only the first counts. */
  failures: Type.Integer(),
  tripped: Type.Union([tripped, Type.Null()]),
})

/**
 * Stops all calls while Strava does not want or cannot answer them.
 *
 * - closed → open: {@link FAILURES_TO_TRIP} failures in a row, a 429, or a 403 "Inactive"
 * - open → half-open: at `until`; then one call at a time, the probe
 * - half-open → closed: a probe is answered well
 * - half-open → open: a probe fails, for twice as long
 */
export type CircuitBreaker = Static<typeof BreakerSchema>

/** A breaker that has not met a failure. */
export const CLOSED: CircuitBreaker = { failures: 0, tripped: null }

const FAILURES_TO_TRIP = 5
/** Once as many distinct jobs have failed in a row, each further failure counts, even of the same job. */
const DISTINCT_JOBS_TO_TRIP = 2
const OPEN_MS = {
  application_inactive: { first: 60_000, max: 900_000 },
  strava_unavailable: { first: 15_000, max: 300_000 },
}

/** State of a breaker at `at` (epoch ms). */
export function stateOf({ tripped }: CircuitBreaker, at: number): 'closed' | 'open' | 'half-open' {
  if (tripped === null) return 'closed'
  return at < tripped.until ? 'open' : 'half-open'
}

/** Whether a call was made as a probe. Calls that were in flight when the breaker opened do not change it. */
const isProbe = ({ tripped }: CircuitBreaker, reservedAt: number) =>
  tripped !== null && reservedAt >= tripped.until

/** A call was answered. `reservedAt`: Strava's clock at its reservation, epoch ms. */
export const afterAnswer = (breaker: CircuitBreaker, reservedAt: number): CircuitBreaker =>
  isProbe(breaker, reservedAt) ? CLOSED : { ...breaker, failures: 0 }

/** A call failed. `isRetry`: the same job had failed before. `at`: epoch ms. */
export function afterFailure(
  breaker: CircuitBreaker,
  reservedAt: number,
  isRetry: boolean,
  at: number,
): CircuitBreaker {
  const counts = !isRetry || breaker.failures >= DISTINCT_JOBS_TO_TRIP
  const failures = breaker.failures + (counts ? 1 : 0)
  if (failures < FAILURES_TO_TRIP && !isProbe(breaker, reservedAt)) return { ...breaker, failures }
  return { ...trip(breaker, 'strava_unavailable', at), failures }
}

/** Opens for a reason that allows a doubling pause. A breaker that is open stays as it is. */
export function trip(breaker: CircuitBreaker, reason: keyof typeof OPEN_MS, at: number): CircuitBreaker {
  if (stateOf(breaker, at) === 'open') return { ...breaker, failures: 0 }
  const trips = breaker.tripped?.reason === reason ? breaker.tripped.trips + 1 : 1
  const { first, max } = OPEN_MS[reason]
  return { failures: 0, tripped: { reason, until: at + Math.min(max, first * 2 ** (trips - 1)), trips } }
}

/** Opens until a known time (epoch ms): Strava answered 429. */
export const tripUntil = (until: number): CircuitBreaker => ({
  failures: 0,
  tripped: { reason: 'rate_limited', until, trips: 1 },
})
