import { WINDOW_MS } from '@ikigai/quota'

/** Use of one day's quota. */
export interface DayUse {
  readonly day: number
  readonly limit: number
  readonly used: number
  /** Unused although work waited and the quarters of an hour since its arrival allowed more calls. */
  readonly wasted: number
}

/** Measures the use of the limits. */
export class QuotaUse {
  readonly days: DayUse[] = []
  #waitsSince = Number.POSITIVE_INFINITY

  /** Must be called at each change. */
  workWaits(waits: boolean, now: number): void {
    if (!waits) this.#waitsSince = Number.POSITIVE_INFINITY
    else if (now < this.#waitsSince) this.#waitsSince = now
  }

  endDay(day: number, use: { limit: number; quarterHourLimit: number; used: number; end: number }): void {
    const { limit, quarterHourLimit, used, end } = use
    const room = Math.max(0, ((end - this.#waitsSince) / WINDOW_MS.quarterHour) * quarterHourLimit)
    this.days.push({ day, limit, used, wasted: Math.max(0, Math.min(limit - used, room)) })
  }

  /** Unused share of the limit on days that ended with waiting work: mean, and maximum. */
  wasted(): { mean: number; most: number } {
    const busy = this.days.filter(({ used, limit, wasted }) => wasted > 0 || used >= limit)
    const shares = busy.map(({ wasted, limit }) => wasted / limit)
    return {
      mean: shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length),
      most: Math.max(0, ...shares),
    }
  }
}
