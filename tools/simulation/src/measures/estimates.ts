/** An ETA of an import, and its actual end: epoch ms. */
export interface Estimate {
  readonly madeAt: number
  readonly expected: number
  /** End of the published range; `expected` if it was not a range. */
  readonly latest: number
  readonly happened: number
  /** Published at the sign-up, at a later check, or only for the measure of stability. */
  readonly when: 'sign-up' | 'later' | 'between'
  /** Whether an outage of Strava or a wave of sign-ups began before the end, which no ETA can foresee. */
  readonly surprised: boolean
}

/** Change of the published ETA since the previous check: ms. */
export interface Revision {
  readonly at: number
  /** How much the ETA has moved: positive if later, 0 if it was not revised. */
  readonly movedBy: number
  /** Remaining time by the previous ETA. */
  readonly remaining: number
}

/** Tolerance of an ETA, as a share of the remaining time. */
const RIGHT_WITHIN = 0.1

/** Minimum tolerance of an ETA (ms): single calls take from 0.1 to some seconds. */
const RIGHT_WITHIN_MS = 10_000

const HOUR_MS = 3_600_000

/** Number of ETAs, and the share that was right. */
export interface Score {
  readonly count: number
  readonly right: number
}

/** How often, by how much and in which direction published ETAs move. */
export interface Stability {
  readonly looks: number
  /** Share of checks at which the ETA had been revised. */
  readonly revised: number
  /** Share of revisions to a later ETA. */
  readonly later: number
  /** Median and 95th percentile of the size of revisions (ms). */
  readonly median: number
  readonly p95: number
  readonly max: number
  /** Revisions by more than an hour and more than half of the remaining time. */
  readonly jumps: number
  /** Jumps to a later ETA. */
  readonly jumpsLater: number
}

/** Accuracy and stability of ETAs. */
export class Estimates {
  readonly all: Estimate[] = []
  readonly #revisions: Revision[] = []

  add(estimate: Estimate): void {
    this.all.push(estimate)
  }

  addRevision(revision: Revision): void {
    this.#revisions.push(revision)
  }

  /** Share of the selected ETAs that were off by at most a tenth of the remaining time, or ten seconds. */
  score(suits: (estimate: Estimate) => boolean): Score {
    const judged = this.all.filter((each) => each.when !== 'between' && suits(each))
    const right = judged.filter((each) => off(each) <= margin(each))
    return { count: judged.length, right: right.length / judged.length }
  }

  /** Share of the selected ranges that contained the actual end, with the tolerance of {@link score}. */
  coverage(suits: (estimate: Estimate) => boolean): Score {
    const ranges = this.all.filter(
      (each) => each.when !== 'between' && each.latest > each.expected && suits(each),
    )
    const right = ranges.filter(
      (each) => each.happened >= each.expected - margin(each) && each.happened <= each.latest + margin(each),
    )
    return { count: ranges.length, right: right.length / ranges.length }
  }

  stability(): Stability {
    const revised = this.#revisions.filter(({ movedBy }) => movedBy !== 0)
    const moves = revised.map(({ movedBy }) => Math.abs(movedBy)).sort((a, b) => a - b)
    const jumps = revised.filter(
      ({ movedBy, remaining }) => Math.abs(movedBy) > Math.max(HOUR_MS, 0.5 * remaining),
    )
    return {
      looks: this.#revisions.length,
      revised: revised.length / this.#revisions.length,
      later: revised.filter(({ movedBy }) => movedBy > 0).length / revised.length,
      median: moves[moves.length >> 1] ?? 0,
      p95: moves[Math.floor(moves.length * 0.95)] ?? 0,
      max: moves.at(-1) ?? 0,
      jumps: jumps.length,
      jumpsLater: jumps.filter(({ movedBy }) => movedBy > 0).length,
    }
  }
}

/** Time from the ETA's publication to the end of the import (ms). */
export const took = ({ madeAt, happened }: Estimate) => happened - madeAt

/** Error of an ETA (ms). */
export const off = ({ expected, happened }: Estimate) => Math.abs(expected - happened)

const margin = (estimate: Estimate) => Math.max(RIGHT_WITHIN_MS, RIGHT_WITHIN * took(estimate))
