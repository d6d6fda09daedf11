import {
  advanceTo,
  asClockBound,
  breakerStateOf,
  effectiveLimit,
  type LedgerState,
  PAGE_MS,
} from '@ikigai/quota'
import { type ArrivalForecast, forecastArrivals } from './arrival-forecast.ts'
import type { Arrivals } from './arrivals.ts'
import { QueueSimulation, SERVICE_RATE, type SimulationStep, type Waiting } from './queue-simulation.ts'

/** Prior of a new application: sign-ups per day, and pages of each history after the first. */
const PRIOR = { signUps: 3, pages: 4 }

/** Inputs of a projection. */
export interface ProjectionInput {
  readonly ledger: LedgerState
  readonly waiting: Waiting
  readonly arrivals: Arrivals
}

/** A projection of the coming windows at one instant. It is the same for all athletes, so its steps are shared. */
export class Projection {
  /** Waiting sign-ups. */
  readonly waitingSignUps: number
  /** Expected pages of a history after the first. */
  readonly pagesPerSignUp: number
  /** Why all ETAs are uncertain: Strava does not answer, or more athletes sign up than usual. */
  readonly uncertainty: 'strava_unavailable' | 'busy' | undefined
  readonly #ledger: LedgerState
  readonly #start: number
  readonly #waiting: Waiting
  readonly #arrivals: ArrivalForecast
  readonly #runs = new Map<
    number,
    { readonly simulation: QueueSimulation; readonly steps: SimulationStep[] }
  >()

  /** @param now epoch ms */
  constructor({ ledger, waiting, arrivals }: ProjectionInput, now: number) {
    const bound = asClockBound(now)
    this.#ledger = advanceTo(ledger, bound)
    const { start, breaker } = this.#ledger
    // The ledger may have advanced to a window that our clock has not reached.
    this.#start = Math.max(bound.earliest, start.quarterHour, breaker.tripped?.until ?? 0)
    this.#waiting = waiting
    this.#arrivals = forecastArrivals(arrivals, effectiveLimit(ledger, 'day'), now)
    this.waitingSignUps = waiting.signup
    this.pagesPerSignUp = pagesPerSignUp(this.#ledger)
    const isAnswering =
      breakerStateOf(breaker, now) === 'closed' || breaker.tripped?.reason === 'rate_limited'
    this.uncertainty = isAnswering ? (this.#arrivals.isSurging ? 'busy' : undefined) : 'strava_unavailable'
  }

  /**
   * The endless steps of the simulation. Each is computed once and shared by all callers.
   * @param concurrentBackfills athletes whose histories are fetched concurrently, one page of each at a time
   */
  *steps(concurrentBackfills: number): Generator<SimulationStep, never> {
    const backfill = Math.min(SERVICE_RATE.backfill, (concurrentBackfills * 1_000) / PAGE_MS)
    let run = this.#runs.get(backfill)
    if (run === undefined) {
      const serviceRate = { ...SERVICE_RATE, backfill }
      const options = { waiting: this.#waiting, arrivals: this.#arrivals, serviceRate }
      run = { simulation: new QueueSimulation(this.#ledger, this.#start, options), steps: [] }
      this.#runs.set(backfill, run)
    }
    for (let i = 0; ; i++) {
      const step = run.steps[i] ?? run.simulation.next()
      run.steps[i] = step
      yield step
    }
  }
}

function pagesPerSignUp({ load: { baseline } }: LedgerState): number {
  const perDay = (lane: 'signup' | 'backfill') => baseline.mean[lane].reduce((sum, calls) => sum + calls, 0)
  return (perDay('backfill') + PRIOR.signUps * PRIOR.pages) / (perDay('signup') + PRIOR.signUps)
}
