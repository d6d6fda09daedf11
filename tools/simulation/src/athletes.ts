import { callsOfWalk } from './walks.ts'
import type { Workload } from './workload.ts'

/** The state of each athlete, by index. */
export class Athletes {
  /** Activities of the history that are not listed yet. */
  readonly unlisted: Float64Array
  /** Remaining calls of the walk. */
  readonly listCalls: Float64Array
  readonly stored: Float64Array
  /** Oldest confirmation of a stored row (epoch ms); 0 without rows. */
  readonly confirmedAt: Float64Array
  /** Older activities without detail. */
  readonly undetailed: Float64Array
  /** The current resync: when it began, and its remaining pages. */
  readonly relistedAt: Float64Array
  readonly relistPages: Float64Array
  /** Resyncs so far. */
  readonly resyncs: Float64Array
  /** Time of the first activity whose webhook event was lost. */
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
    this.resyncs = zeros()
    this.missedAt = zeros()
  }

  /** Oldest confirmation of a row of any athlete; Infinity without rows. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const at of this.confirmedAt) if (at > 0 && at < oldest) oldest = at
    return oldest
  }
}

/** Adds to an element. */
export function bump(values: Float64Array, index: number, by: number): void {
  values[index] = (values[index] ?? 0) + by
}
