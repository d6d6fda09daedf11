import { DAY_MS, HOUR_MS } from '@ikigai/quota'

/** Lanes with exogenous arrivals: a sign-up, or an activity named by a webhook. All other work follows from these. */
export const EXOGENOUS_LANES = ['signup', 'webhook'] as const

/** One of {@link EXOGENOUS_LANES}. */
export type ExogenousLane = (typeof EXOGENOUS_LANES)[number]

/** Whether a lane has exogenous arrivals. */
export const isExogenous = (lane: string): lane is ExogenousLane =>
  EXOGENOUS_LANES.some((each) => each === lane)

/** Length of the buckets in which arrivals are counted (ms). */
export const BUCKET_MS = 300_000

/** Maximum age of arrivals (ms): four weeks, so that each weekday was observed several times. */
export const HISTORY_MS = 28 * DAY_MS

/** Maximum age of single buckets in memory (ms); of earlier hours only the sum is kept. */
export const RECENT_MS = 6 * HOUR_MS

/** Start of the bucket that an instant (epoch ms) lies in. */
export const bucketOf = (at: number) => at - (at % BUCKET_MS)

const startOfHour = (at: number) => at - (at % HOUR_MS)

/** Arrivals of one lane: work accepted after the budgets, served or not. */
export class ArrivalHistory {
  /** Start of the first whole observed hour: epoch ms. */
  readonly since: number
  readonly #hours = new Map<number, number>()
  readonly #buckets = new Map<number, number>()

  /** @param since when counting began: epoch ms. Later hours without arrivals count as 0 */
  constructor(since: number) {
    this.since = Math.ceil(since / HOUR_MS) * HOUR_MS
  }

  /** Counts arrivals at an instant (epoch ms), or in the bucket that begins at it. */
  add(at: number, count = 1): void {
    const hour = startOfHour(at)
    if (!this.#hours.has(hour)) this.#forget(at)
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + count)
    this.#buckets.set(bucketOf(at), (this.#buckets.get(bucketOf(at)) ?? 0) + count)
  }

  /** Counts the arrivals of a past hour, whose buckets are not kept. */
  addHour(hour: number, count: number): void {
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + count)
  }

  #forget(now: number): void {
    for (const hour of this.#hours.keys()) if (hour < now - HISTORY_MS) this.#hours.delete(hour)
    for (const at of this.#buckets.keys()) if (at < now - RECENT_MS) this.#buckets.delete(at)
  }

  /** Arrivals in the hour that begins at `hour` (epoch ms). */
  inHour(hour: number): number {
    return this.#hours.get(hour) ?? 0
  }

  /** Arrivals in the bucket that begins at `at` (epoch ms), of the last {@link RECENT_MS}. */
  inBucket(at: number): number {
    return this.#buckets.get(at) ?? 0
  }

  /** Arrivals since midnight (UTC). */
  today(now: number): number {
    let sum = 0
    for (let hour = now - (now % DAY_MS); hour <= now; hour += HOUR_MS) sum += this.inHour(hour)
    return sum
  }

  /** Arrivals of the busiest past day (UTC). */
  busiestDay(now: number): number {
    const days = new Map<number, number>()
    const today = Math.floor(now / DAY_MS)
    for (const [hour, count] of this.#hours) {
      const day = Math.floor(hour / DAY_MS)
      if (day < today) days.set(day, (days.get(day) ?? 0) + count)
    }
    return Math.max(0, ...days.values())
  }
}

/** Arrivals of each exogenous lane. */
export type Arrivals = Readonly<Record<ExogenousLane, ArrivalHistory>>
