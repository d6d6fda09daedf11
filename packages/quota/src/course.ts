import { countCalls, rollDemand } from './demand.ts'
import { expectedLive, expectedRefresh, expectedSignUps } from './forecast.ts'
import { perSecondOf } from './lane-capacity.ts'
import { keptBackUntil } from './policy.ts'
import { type LedgerState, leftIn, limitOf, windowEnd } from './state.ts'
import { WINDOW_MS, WINDOWS, type Window, windowStart } from './windows.ts'

/** Lanes that share the limits with histories, most urgent first. `enrich` is not among them: it has what they leave. */
const SHARING = ['signup', 'newest', 'webhook', 'backfill', 'resync'] as const

type Sharing = (typeof SHARING)[number]

/** Calls of each lane. */
export type Calls = Record<Sharing, number>

/** Jobs that wait in the lanes that share the limits with histories. */
export type Waiting = Readonly<Omit<Calls, 'backfill'>>

/** Calls a second of a lane that has work. */
export const PER_SECOND: Readonly<Calls> = {
  signup: perSecondOf('signup'),
  newest: perSecondOf('newest'),
  webhook: perSecondOf('webhook'),
  backfill: perSecondOf('backfill'),
  resync: perSecondOf('resync'),
}

/** Details that follow a sign-up. */
const RECENT = 5

/** Each step is so much of the time that has passed, and neither shorter nor longer than this (ms). */
const STEP = { share: 0.04, least: 1_000, most: 900_000 }

/** Less than this is no call (of steps that divide calls). */
const NOTHING = 1e-6

/** A stretch of the time to come (epoch ms, by Strava's clock), and what is called in it. */
export interface Step {
  readonly from: number
  readonly to: number
  readonly served: Readonly<Calls>
}

/**
 * What the lanes will call, step by step: each as fast as it can, while more is left than it must leave to others, and as
 * long as it has work. `backfill` is taken to have work always. Calls are shares here, as what comes is an expectation.
 */
export class Course {
  /** The ledger as it will be, as far as what lanes leave to others hangs on it. */
  #state: LedgerState
  readonly #demand: LedgerState['demand']
  readonly #known: number
  readonly #left: Record<Window, number>
  readonly #queued: Calls
  readonly #perSecond: Readonly<Calls>
  #at: number

  /**
   * @param state rolled to its instant
   * @param known from when on calls can be made: epoch ms, by Strava's clock
   * @param options `queued`: jobs that wait; `demand`: what to expect, those included; `perSecond`: of each lane
   */
  constructor(
    state: LedgerState,
    known: number,
    options: {
      readonly queued: Waiting
      readonly demand: LedgerState['demand']
      readonly perSecond: Readonly<Calls>
    },
  ) {
    this.#state = state
    this.#demand = options.demand
    this.#known = known
    this.#at = known
    const leftAt = (window: Window) =>
      known < windowEnd(state, window) ? leftIn(state, window) : limitOf(state, window)
    this.#left = { short: leftAt('short'), day: leftAt('day') }
    this.#queued = { ...options.queued, backfill: Number.POSITIVE_INFINITY }
    this.#perSecond = options.perSecond
  }

  /** Goes on by one step, never over the edge of a window. */
  next(): Step {
    const from = this.#at
    const passed = (from - this.#known) * STEP.share
    const edge = windowStart('short', from) + WINDOW_MS.short
    const to = Math.min(edge, from + Math.min(STEP.most, Math.max(STEP.least, passed)))
    this.#come(from, to)
    const served = this.#serve(from, to)
    this.#queued.newest += RECENT * served.signup
    this.#learn(served, to)
    for (const window of WINDOWS)
      if (windowStart(window, to) > from) this.#left[window] = limitOf(this.#state, window)
    this.#at = to
    return { from, to, served }
  }

  /** What is called now is what the policy will have seen then. */
  #learn(served: Calls, at: number): void {
    const demand = rollDemand(countCalls(this.#state.demand, served), at)
    const start = { short: windowStart('short', at), day: windowStart('day', at) }
    this.#state = { ...this.#state, demand, start }
  }

  /** The newest follow from sign-ups; what is to be listed again waits already, as far as it matters. */
  #come(from: number, to: number): void {
    const dayLimit = limitOf(this.#state, 'day')
    this.#queued.signup += expectedSignUps(this.#demand, from, to, dayLimit, this.#known)
    this.#queued.webhook += expectedLive(this.#demand, from, to, dayLimit, this.#known)
    this.#queued.resync += expectedRefresh(this.#demand, from, to, dayLimit)
  }

  /** Side by side, by their speeds, until each has no work, no time or no room left. */
  #serve(from: number, to: number): Calls {
    const served: Calls = { signup: 0, newest: 0, webhook: 0, backfill: 0, resync: 0 }
    const most = (lane: Sharing) => (this.#perSecond[lane] * (to - from)) / 1_000
    const kept = this.#keptAt(from, to)
    const room = (lane: Sharing) =>
      Math.min(this.#left.short - kept[lane].short, this.#left.day - kept[lane].day)
    const canCall = (lane: Sharing) =>
      Math.min(this.#queued[lane], most(lane) - served[lane], room(lane)) > NOTHING
    let open = SHARING.filter(canCall)
    while (open.length > 0) {
      const together = open.reduce((sum, lane) => sum + this.#perSecond[lane], 0)
      const seconds = Math.min(
        ...open.map((lane) => {
          const own = Math.min(this.#queued[lane], most(lane) - served[lane])
          return Math.min(own / this.#perSecond[lane], room(lane) / together)
        }),
      )
      for (const lane of open) this.#call(lane, seconds * this.#perSecond[lane], served)
      open = open.filter(canCall)
    }
    return served
  }

  #call(lane: Sharing, calls: number, served: Calls): void {
    served[lane] += calls
    this.#queued[lane] -= calls
    for (const window of WINDOWS) this.#left[window] -= calls
  }

  /** What each lane must leave at the end of a step, in both windows. */
  #keptAt(from: number, to: number): Record<Sharing, Record<Window, number>> {
    const of = (lane: Sharing) => {
      const inWindow = (window: Window) => {
        const end = windowStart(window, from) + WINDOW_MS[window]
        return keptBackUntil(this.#state, lane, window, to, end, from)
      }
      return { short: inWindow('short'), day: inWindow('day') }
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
