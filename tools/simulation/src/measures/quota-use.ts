import { WINDOW_MS } from '@ikigai/quota'

/** What became of one day's quota. */
export interface DayUse {
  readonly day: number
  readonly limit: number
  readonly used: number
  /** Not used although work waited, and there was room in the quarters of an hour since it did. */
  readonly wasted: number
}

/** How the limits were used. */
export class QuotaUse {
  readonly days: DayUse[] = []
  #waitsSince = Number.POSITIVE_INFINITY

  /** To be told whenever it changes. */
  workWaits(waits: boolean, now: number): void {
    if (!waits) this.#waitsSince = Number.POSITIVE_INFINITY
    else if (now < this.#waitsSince) this.#waitsSince = now
  }

  endDay(day: number, use: { limit: number; quarterHourLimit: number; used: number; end: number }): void {
    const { limit, quarterHourLimit, used, end } = use
    const room = Math.max(0, ((end - this.#waitsSince) / WINDOW_MS.quarterHour) * quarterHourLimit)
    this.days.push({ day, limit, used, wasted: Math.max(0, Math.min(limit - used, room)) })
  }

  /** Share of the limit that was left on days that ended with work waiting: on average, and on the worst. */
  wasted(): { mean: number; most: number } {
    const busy = this.days.filter(({ used, limit, wasted }) => wasted > 0 || used >= limit)
    const shares = busy.map(({ wasted, limit }) => wasted / limit)
    return {
      mean: shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length),
      most: Math.max(0, ...shares),
    }
  }
}
