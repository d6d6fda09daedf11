import { Counter, type Registry } from '@ikigai/chassis'
import { LANES, type Lane } from '@ikigai/contracts'
import type { VerificationOutcome } from './verifications/verify.ts'

/** The counters of the fetcher. */
export interface FetcherMetrics {
  /** Counts a call to Strava: `ok`, or the kind of the failure. */
  called(lane: Lane, outcome: string): void
  /** Counts an attempt by its result (see `JobResult`) and reason. */
  jobEnded(lane: Lane, result: string, reason: string): void
  /** Counts a verification of a reported deauthorization. */
  verified(outcome: VerificationOutcome): void
}

/** Registers the counters. */
export function registerMetrics(registry: Registry): FetcherMetrics {
  const registers = [registry]
  const calls = new Counter({
    name: 'ikigai_strava_calls_total',
    help: "Calls of Strava's API by lane and answer: ok, or the kind of the failure.",
    labelNames: ['lane', 'outcome'],
    registers,
  })
  const jobs = new Counter({
    name: 'ikigai_fetch_attempts_total',
    help: 'Attempts of queued work by lane, how they ended and why.',
    labelNames: ['lane', 'result', 'reason'],
    registers,
  })
  const verifications = new Counter({
    name: 'ikigai_grant_verifications_total',
    help: 'Verified reports of deauthorizations by what Strava said of them.',
    labelNames: ['outcome'],
    registers,
  })
  // Starts at 0, because Prometheus sees no increase in a series that begins at 1.
  for (const lane of LANES) for (const outcome of ['ok', 'rate_limited']) calls.inc({ lane, outcome }, 0)
  return {
    called: (lane, outcome) => calls.inc({ lane, outcome }),
    jobEnded: (lane, result, reason) => jobs.inc({ lane, result, reason }),
    verified: (outcome) => verifications.inc({ outcome }),
  }
}
