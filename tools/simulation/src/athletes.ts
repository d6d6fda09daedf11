import { callsOfWalk } from './walks.ts'
import type { Workload } from './workload.ts'

/** What is stored of each athlete, by index. */
export class Athletes {
  /** Activities of the history that are not listed yet. */
  readonly unlisted: Float64Array
  /** Calls that the rest of its walk takes. */
  readonly listCalls: Float64Array
  readonly stored: Float64Array
  /** When the row that was confirmed longest ago was confirmed (epoch ms); 0 where nothing is stored. */
  readonly confirmedAt: Float64Array
  /** Older activities whose details may be fetched. */
  readonly undetailed: Float64Array
  /** A listing again that is under way: when it began, and the pages to come. */
  readonly relistedAt: Float64Array
  readonly relistPages: Float64Array
  /** Listings again so far. */
  readonly relistings: Float64Array
  /** Activities whose webhook was lost: when the first of them was. */
  readonly missedAt: Float64Array

  constructor({ athletes }: Workload) {
    const zeros = () => new Float64Array(athletes.length)
    this.unlisted = Float64Array.from(athletes, ({ history }) => history)
    this.listCalls = Float64Array.from(athletes, ({ history }) => callsOfWalk(history))
    this.stored = zeros()
    this.confirmedAt = zeros()
    this.undetailed = Float64Array.from(athletes, ({ history }) => Math.max(0, history - 5))
    this.relistedAt = zeros()
    this.relistPages = zeros()
    this.relistings = zeros()
    this.missedAt = zeros()
  }

  /** When the row was confirmed that was confirmed longest ago; Infinity where there is none. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const at of this.confirmedAt) if (at > 0 && at < oldest) oldest = at
    return oldest
  }
}

/** Adds to one of them. */
export function bump(values: Float64Array, index: number, by: number): void {
  values[index] = (values[index] ?? 0) + by
}
