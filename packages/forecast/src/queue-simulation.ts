import {
  advanceLoad,
  baselineCalls,
  CALL_MS,
  countServed,
  DAY_MS,
  effectiveLimit,
  headroom,
  type LedgerState,
  PAGE_MS,
  perSecondOf,
  remaining,
  WINDOW_MS,
  WINDOWS,
  type Window,
  windowEnd,
  windowStart,
} from '@ikigai/quota'
import type { ArrivalForecast } from './arrival-forecast.ts'

/** `backfill` and the lanes that compete with it for the limits, most urgent first. `enrich` uses only what they leave. */
const COMPETING_LANES = ['signup', 'newest', 'webhook', 'backfill', 'resync'] as const
const RESYNC = ['resync'] as const

type CompetingLane = (typeof COMPETING_LANES)[number]

/** Calls of each lane. */
export type Calls = Record<CompetingLane, number>

/** Waiting calls of the other lanes. */
export type Waiting = Readonly<Omit<Calls, 'backfill'>>

/** Calls a second of a lane that has work. */
export const SERVICE_RATE: Readonly<Calls> = {
  signup: perSecondOf('signup'),
  newest: perSecondOf('newest'),
  webhook: perSecondOf('webhook'),
  backfill: perSecondOf('backfill'),
  resync: perSecondOf('resync'),
}

/** Details that follow a sign-up. */
const NEWEST_PER_SIGN_UP = 5

/** Length of a step as a share of the simulated time so far, within bounds (ms). */
const STEP = { share: 0.04, min: 1_000, max: 900_000 }

/** Smaller fractions of a call are rounding errors. */
const NEGLIGIBLE = 1e-6

/** An interval (epoch ms, Strava's clock) and the calls served in it. */
export interface SimulationStep {
  readonly from: number
  readonly to: number
  readonly served: Readonly<Calls>
}

/**
 * Fluid simulation of the lanes: each is served at its rate while it has work and more than its headroom is left.
 * `backfill` is assumed to always have work. Calls are fractions, because arrivals are expected values.
 */
export class QueueSimulation {
  /** The simulated ledger, as far as headroom depends on it. */
  #state: LedgerState
  readonly #arrivals: ArrivalForecast
  readonly #start: number
  readonly #left: Record<Window, number>
  readonly #queued: Calls
  readonly #serviceRate: Readonly<Calls>
  readonly #resyncRate: number
  #at: number

  /**
   * @param state advanced to its instant
   * @param start when the first calls can be made: epoch ms, by Strava's clock
   */
  constructor(
    state: LedgerState,
    start: number,
    options: {
      readonly waiting: Waiting
      readonly arrivals: ArrivalForecast
      /** Calls a second of each lane. */
      readonly serviceRate: Readonly<Calls>
    },
  ) {
    this.#state = state
    this.#arrivals = options.arrivals
    this.#start = start
    this.#at = start
    const leftAt = (window: Window) =>
      start < windowEnd(state, window) ? remaining(state, window) : effectiveLimit(state, window)
    this.#left = { quarterHour: leftAt('quarterHour'), day: leftAt('day') }
    this.#queued = { ...options.waiting, backfill: Number.POSITIVE_INFINITY }
    this.#serviceRate = options.serviceRate
    this.#resyncRate = baselineCalls(state.load, RESYNC, effectiveLimit(state, 'day'), 0, DAY_MS) / DAY_MS
  }

  /** Simulates one step, never across a window boundary. The first step has the calls that start at once, in whole calls. */
  next(): SimulationStep {
    const from = this.#at
    const isFirst = from === this.#start
    const passed = (from - this.#start) * STEP.share
    const boundary = windowStart('quarterHour', from) + WINDOW_MS.quarterHour
    const length = isFirst ? PAGE_MS : Math.min(STEP.max, Math.max(STEP.min, passed))
    const to = Math.min(boundary, from + length)
    this.#addArrivals(from, to)
    const served = isFirst ? this.#serveAtOnce(from) : this.#serve(from, to)
    this.#queued.newest += NEWEST_PER_SIGN_UP * served.signup
    this.#updateLoad(served, to)
    for (const window of WINDOWS)
      if (windowStart(window, to) > from) this.#left[window] = effectiveLimit(this.#state, window)
    this.#at = to
    return { from, to, served }
  }

  /** Resyncs arrive evenly, at the recent rate. */
  #addArrivals(from: number, to: number): void {
    this.#queued.signup += this.#arrivals.signUps(from, to)
    this.#queued.webhook += this.#arrivals.webhooks(from, to)
    this.#queued.resync += this.#resyncRate * (to - from)
  }

  /** Updates the load served, from which headroom is computed. */
  #updateLoad(served: Calls, at: number): void {
    const load = advanceLoad(countServed(this.#state.load, served), at)
    const start = { quarterHour: windowStart('quarterHour', at), day: windowStart('day', at) }
    this.#state = { ...this.#state, load, start }
  }

  /** Free slots reserve a call each, more urgent lanes first; a lane must have one whole call beyond its headroom. */
  #serveAtOnce(at: number): Calls {
    const served: Calls = { signup: 0, newest: 0, webhook: 0, backfill: 0, resync: 0 }
    const reserved = this.#headroomsAt(at, at)
    for (const lane of COMPETING_LANES) {
      const slots = (this.#rateOf(lane) * CALL_MS[lane]) / 1_000
      const available = Math.min(...WINDOWS.map((window) => this.#left[window] - reserved[lane][window]))
      this.#take(lane, Math.floor(Math.max(0, Math.min(this.#queued[lane], slots, available))), served)
    }
    return served
  }

  /** Calls a second of a lane: an athlete's newest activities are fetched one after the other. */
  #rateOf(lane: CompetingLane): number {
    if (lane !== 'newest') return this.#serviceRate[lane]
    const athletes = Math.max(1, this.#queued.newest / NEWEST_PER_SIGN_UP)
    return Math.min(this.#serviceRate.newest, (athletes * 1_000) / CALL_MS.newest)
  }

  #take(lane: CompetingLane, calls: number, served: Calls): void {
    served[lane] += calls
    this.#queued[lane] -= calls
    for (const window of WINDOWS) this.#left[window] -= calls
  }

  /** Serves the lanes concurrently at their rates, until each has no work, no time, or no calls beyond its headroom. */
  #serve(from: number, to: number): Calls {
    const served: Calls = { signup: 0, newest: 0, webhook: 0, backfill: 0, resync: 0 }
    const reserved = this.#headroomsAt(from, to)
    const available = (lane: CompetingLane) =>
      Math.min(this.#left.quarterHour - reserved[lane].quarterHour, this.#left.day - reserved[lane].day)
    const rate = { ...this.#serviceRate, newest: this.#rateOf('newest') }
    const own = (lane: CompetingLane) =>
      Math.min(this.#queued[lane], (rate[lane] * (to - from)) / 1_000 - served[lane])
    const isActive = (lane: CompetingLane) => Math.min(own(lane), available(lane)) > NEGLIGIBLE
    for (let active = COMPETING_LANES.filter(isActive); active.length > 0; active = active.filter(isActive)) {
      const total = active.reduce((sum, lane) => sum + rate[lane], 0)
      const seconds = Math.min(
        ...active.map((lane) => Math.min(own(lane) / rate[lane], available(lane) / total)),
      )
      for (const lane of active) this.#take(lane, seconds * rate[lane], served)
    }
    return served
  }

  /** The headroom of each lane at the end of a step, in both windows. */
  #headroomsAt(from: number, to: number): Record<CompetingLane, Record<Window, number>> {
    const of = (lane: CompetingLane) => {
      const inWindow = (window: Window) =>
        headroom(this.#state, lane, window, to, windowStart(window, from) + WINDOW_MS[window])
      return { quarterHour: inWindow('quarterHour'), day: inWindow('day') }
    }
    return {
      signup: of('signup'),
      newest: of('newest'),
      webhook: of('webhook'),
      backfill: of('backfill'),
      resync: of('resync'),
    }
  }
}
