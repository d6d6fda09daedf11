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
  /** When the last {@link RECENT_FAILURES} failures were, oldest first: epoch ms. */
  failedAt: Type.Optional(Type.Array(Type.Integer())),
  /** Answers since the last of them, as far as they are counted. */
  answers: Type.Optional(Type.Integer()),
})

/**
 * Stops all calls while Strava does not want or cannot answer them.
 *
 * - closed → open: {@link FAILURES_TO_TRIP} failures in a row, a 429, or a 403 "Inactive"
 * - open → half-open: at `until`; then one call at a time, the probe
 * - half-open → closed: a probe is answered well
 * - half-open → open: a probe fails, for twice as long
 * - open → closed: an early probe, for an athlete who waits, is answered well; one that fails changes nothing
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

/** Early probes follow one another at this distance at first, later at a tenth of the outage's length, up to the last: ms. */
const EARLY_PROBES_MS = { first: 5_000, max: 120_000 }

/**
 * When an open breaker may be probed for an athlete who waits (epoch ms); undefined: not before it is half-open. The long
 * pauses are for calls without a waiting athlete. A 429 names a time that Strava has set: there is no probe before it.
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

/** Failures whose times are kept. */
const RECENT_FAILURES = 3
/** So many failures within this time are a disturbance, whatever was answered in between: ms. */
const DISTURBANCE_MS = 120_000
/** So many answers in a row end it. */
const ENOUGH_ANSWERS = 5
/** A failure that no answer has followed is believed for so long: ms. */
const UNANSWERED_MS = 600_000

/**
 * Whether calls fail at present though the breaker is closed: the last one has, or {@link RECENT_FAILURES} in two minutes, and
 * since then too few were answered.
 */
export function failsLately({ failures, failedAt = [], answers = 0 }: CircuitBreaker, at: number): boolean {
  const [oldest = Number.NEGATIVE_INFINITY] = failedAt
  const last = failedAt.at(-1) ?? Number.NEGATIVE_INFINITY
  if (failures > 0 && at - last < UNANSWERED_MS) return true
  return failedAt.length === RECENT_FAILURES && at - oldest < DISTURBANCE_MS && answers < ENOUGH_ANSWERS
}

const withFailure = (breaker: CircuitBreaker, at: number): CircuitBreaker => ({
  ...breaker,
  failedAt: [...(breaker.failedAt ?? []), at].slice(-RECENT_FAILURES),
  answers: 0,
})

/** Strava failed elsewhere, where no call of the ledger was made: it is remembered, and trips nothing. `at`: epoch ms. */
export const afterOtherFailure = (breaker: CircuitBreaker, at: number): CircuitBreaker => ({
  ...withFailure(breaker, at),
  failures: Math.max(1, breaker.failures),
})

/** A call was answered. `reservedAt`: Strava's clock at its reservation, epoch ms. */
export function afterAnswer(breaker: CircuitBreaker, reservedAt: number): CircuitBreaker {
  if (isProbe(breaker, reservedAt)) return CLOSED
  if (breaker.answers === undefined) return { ...breaker, failures: 0 }
  return { ...breaker, failures: 0, answers: Math.min(ENOUGH_ANSWERS, breaker.answers + 1) }
}

/** A call failed. `isRetry`: the same job had failed before. `at`: epoch ms. */
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
 * Opens for a reason that allows a doubling pause. A breaker that is open stays as it is, unless Strava now says that the
 * application is inactive where it seemed only to fail.
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
