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
  /** When the first of these trips was: epoch ms. */
  since: Type.Optional(Type.Integer()),
  /** When the last probe was reserved: epoch ms. */
  probedAt: Type.Optional(Type.Integer()),
})

/** Schema of {@link CircuitBreaker}. */
export const BreakerSchema = Type.Object({
  /** Failures in a row while closed; of one job alone, only the first counts. */
  failures: Type.Integer(),
  tripped: Type.Union([tripped, Type.Null()]),
  /** Times of the last {@link RECENT_FAILURES} failures, oldest first: epoch ms. */
  failedAt: Type.Optional(Type.Array(Type.Integer())),
  /** Answers since the last of them, up to {@link ENOUGH_ANSWERS}. */
  answers: Type.Optional(Type.Integer()),
})

/**
 * Stops all calls while Strava rejects them or fails to answer.
 *
 * - closed → open: {@link FAILURES_TO_TRIP} failures in a row, a 429, or a 403 "Inactive"
 * - open → half-open: at `until`; then one call at a time, the probe
 * - half-open → closed: a probe succeeds
 * - half-open → open: a probe fails; the breaker stays open twice as long
 * - open → closed: an early probe, for a waiting athlete, succeeds; one that fails changes nothing
 */
export type CircuitBreaker = Static<typeof BreakerSchema>

/** A breaker without failures. */
export const CLOSED: CircuitBreaker = { failures: 0, tripped: null }

const FAILURES_TO_TRIP = 5
/** Once this many distinct jobs have failed in a row, each further failure counts, even of the same job. */
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

/** Interval of early probes (ms): a tenth of the outage's length, within these bounds. */
const EARLY_PROBES_MS = { first: 5_000, max: 120_000 }

/**
 * When an open breaker may be probed for a waiting athlete (epoch ms); undefined: not before it is half-open. The longer
 * intervals apply to calls without a waiting athlete. After a 429 there is no probe before the reset.
 */
export function earlyProbeAt({ tripped }: CircuitBreaker): number | undefined {
  if (tripped === null || tripped.reason === 'rate_limited' || tripped.since === undefined) return undefined
  const { since, probedAt = since, until } = tripped
  const { first, max } = EARLY_PROBES_MS
  return Math.min(until, probedAt + Math.min(max, Math.max(first, Math.ceil((probedAt - since) / 10))))
}

/** The breaker once a call was reserved at `at` (epoch ms). */
export const afterReservation = (breaker: CircuitBreaker, at: number): CircuitBreaker =>
  breaker.tripped === null ? breaker : { ...breaker, tripped: { ...breaker.tripped, probedAt: at } }

/** Whether a call was made as a probe. Calls that were in flight when the breaker opened do not change it. */
function isProbe({ tripped }: CircuitBreaker, reservedAt: number): boolean {
  if (tripped === null) return false
  return reservedAt >= tripped.until || (tripped.probedAt !== undefined && reservedAt >= tripped.probedAt)
}

/** Number of failures whose times are kept. */
const RECENT_FAILURES = 3
/** {@link RECENT_FAILURES} failures within this time (ms) mean that Strava is degraded, despite answers in between. */
const DEGRADED_WINDOW_MS = 120_000
/** Answers in a row after which Strava is no longer degraded. */
const ENOUGH_ANSWERS = 5
/** How long a failure without a later answer counts: ms. */
const UNANSWERED_MS = 600_000

/**
 * Whether Strava is degraded although the breaker is closed: the last call failed, or {@link RECENT_FAILURES} did within two
 * minutes, and too few were answered since.
 */
export function isDegraded({ failures, failedAt = [], answers = 0 }: CircuitBreaker, at: number): boolean {
  const [oldest = Number.NEGATIVE_INFINITY] = failedAt
  const last = failedAt.at(-1) ?? Number.NEGATIVE_INFINITY
  if (failures > 0 && at - last < UNANSWERED_MS) return true
  return failedAt.length === RECENT_FAILURES && at - oldest < DEGRADED_WINDOW_MS && answers < ENOUGH_ANSWERS
}

const withFailure = (breaker: CircuitBreaker, at: number): CircuitBreaker => ({
  ...breaker,
  failedAt: [...(breaker.failedAt ?? []), at].slice(-RECENT_FAILURES),
  answers: 0,
})

/** The breaker after a failure outside the ledger's calls: it counts towards {@link isDegraded} only. `at`: epoch ms. */
export const afterOtherFailure = (breaker: CircuitBreaker, at: number): CircuitBreaker => ({
  ...withFailure(breaker, at),
  failures: Math.max(1, breaker.failures),
})

/** The breaker after an answered call. `reservedAt`: Strava's clock at its reservation, epoch ms. */
export function afterAnswer(breaker: CircuitBreaker, reservedAt: number): CircuitBreaker {
  if (isProbe(breaker, reservedAt)) return CLOSED
  if (breaker.answers === undefined) return { ...breaker, failures: 0 }
  return { ...breaker, failures: 0, answers: Math.min(ENOUGH_ANSWERS, breaker.answers + 1) }
}

/** The breaker after a failed call. `isRetry`: the same job had failed before. `at`: epoch ms. */
export function afterFailure(
  before: CircuitBreaker,
  reservedAt: number,
  isRetry: boolean,
  at: number,
): CircuitBreaker {
  const breaker = withFailure(before, at)
  const counts = !isRetry || breaker.failures >= DISTINCT_JOBS_TO_TRIP
  const failures = breaker.failures + (counts ? 1 : 0)
  if (failures < FAILURES_TO_TRIP && !isProbe(breaker, reservedAt)) return { ...breaker, failures }
  return { ...trip(breaker, 'strava_unavailable', at), failures }
}

/**
 * Opens the breaker for a reason with a doubling pause. An open breaker stays unchanged, unless the new reason is an inactive
 * application and the former one only failures.
 */
export function trip(breaker: CircuitBreaker, reason: keyof typeof OPEN_MS, at: number): CircuitBreaker {
  const { tripped } = breaker
  const isSame = tripped?.reason === reason
  const isWorse = tripped?.reason === 'strava_unavailable' && reason === 'application_inactive'
  if (stateOf(breaker, at) === 'open' && !isWorse) return { ...breaker, failures: 0 }
  const trips = isSame ? tripped.trips + 1 : 1
  const { first, max } = OPEN_MS[reason]
  const until = at + Math.min(max, first * 2 ** (trips - 1))
  const since = isSame ? (tripped.since ?? at) : at
  const { probedAt } = tripped ?? {}
  return {
    ...breaker,
    failures: 0,
    tripped: { reason, until, trips, since, ...(probedAt === undefined ? {} : { probedAt }) },
  }
}

/** Opens until a known time (epoch ms): Strava answered 429. */
export const tripUntil = (until: number): CircuitBreaker => ({
  failures: 0,
  tripped: { reason: 'rate_limited', until, trips: 1 },
})
