import type { CounterHeaders, Limits, Outcome } from '@ikigai/quota'
import { WINDOW_MS, type Window, windowStart } from '@ikigai/quota'
import type { Workload } from './workload.ts'

/** Limits of both counters. */
export interface BothLimits {
  readonly read: Limits
  readonly overall: Limits
}

/** A change of the limits at Strava: epoch ms. */
export interface LimitChange {
  readonly at: number
  readonly limits: BothLimits
}

/** Strava's counters and answers; times by its own clock (epoch ms). */
export class Strava {
  /** Calls over a limit so far. */
  over = 0
  readonly #counts = new Map<string, number>()
  readonly #changes: readonly LimitChange[]
  readonly #outages: Workload['outages']

  constructor(limits: BothLimits, outages: Workload['outages'], changes: readonly LimitChange[] = []) {
    this.#changes = [{ at: 0, limits }, ...changes]
    this.#outages = outages
  }

  limitsAt(at: number): BothLimits {
    const [first] = this.#changes
    const change = this.#changes.findLast((each) => each.at <= at) ?? first
    if (change === undefined) throw new Error('there are always limits')
    return change.limits
  }

  /** Reads counted in the window of `at`. */
  used(window: Window, at: number): number {
    return this.#counts.get(`${window}${windowStart(window, at)}`) ?? 0
  }

  /** One read that arrives at `at` and is answered at `answeredAt`. */
  call(at: number, answeredAt: number): Outcome {
    const date = answeredAt - (answeredAt % 1_000)
    if (this.#outages.some(({ from, to }) => at >= from && at < to)) return { result: 'unavailable' }
    const limits = this.limitsAt(at)
    const used = { quarterHour: this.#count('quarterHour', at), day: this.#count('day', at) }
    const headers = { read: headersOf(limits.read, used), overall: headersOf(limits.overall, used) }
    if (used.quarterHour <= limits.read.quarterHour && used.day <= limits.read.day)
      return { result: 'answered', headers, answeredAt: date }
    this.over++
    return { result: 'rate_limited', headers, answeredAt: date }
  }

  #count(window: Window, at: number): number {
    const start = windowStart(window, at)
    const used = this.used(window, at) + 1
    // Calls arrive slightly out of order, but never by a whole window.
    if (used === 1) this.#counts.delete(`${window}${start - 2 * WINDOW_MS[window]}`)
    this.#counts.set(`${window}${start}`, used)
    return used
  }
}

const headersOf = (limit: Limits, used: Record<Window, number>): CounterHeaders => ({
  quarterHour: { limit: limit.quarterHour, used: used.quarterHour },
  day: { limit: limit.day, used: used.day },
})
