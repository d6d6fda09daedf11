/** An estimate for the end of an import, and what came of it: epoch ms. */
export interface Estimate {
  readonly madeAt: number
  readonly expected: number
  /** End of the range that was told; `expected` where none was. */
  readonly latest: number
  readonly happened: number
  /** Told at the sign-up, when the import was looked at again later, or only for the measure of calmness. */
  readonly when: 'sign-up' | 'later' | 'between'
  /** Strava was out for a part of the time until the end, or a wave of sign-ups began in it: it could not know. */
  readonly surprised: boolean
}

/** What is told at a look, compared with the look before: in ms. */
export interface Revision {
  readonly at: number
  /** By how much the end that is told has moved: later where positive, 0 where it was not revised. */
  readonly movedBy: number
  /** What was still to come by the statement before. */
  readonly remaining: number
}

/** What an estimate may be off, as a share of the time that was still to come. */
const RIGHT_WITHIN = 0.1

/** What an estimate may always be off (ms): single calls take from 0.1 to some seconds. */
const RIGHT_WITHIN_MS = 10_000

const HOUR_MS = 3_600_000

/** Of how many estimates which share was right. */
export interface Score {
  readonly count: number
  readonly right: number
}

/** How often, by how much and in which direction what is told moves. */
export interface Calmness {
  readonly looks: number
  /** Share of looks at which another end was told. */
  readonly revised: number
  /** Of the revisions, the share to a later end. */
  readonly later: number
  /** Median and 95th percentile of how far a revision moved the end (ms). */
  readonly median: number
  readonly p95: number
  readonly max: number
  /** Revisions of more than an hour that moved the end by more than half of what was still to come. */
  readonly jumps: number
  /** Of the jumps, those to a later end. */
  readonly jumpsLater: number
}

/** How right the estimates of whole histories were, and how calm. */
export class Estimates {
  readonly all: Estimate[] = []
  readonly #revisions: Revision[] = []

  add(estimate: Estimate): void {
    this.all.push(estimate)
  }

  addRevision(revision: Revision): void {
    this.#revisions.push(revision)
  }

  /** Of those that suit: which share was off by a tenth of the time still to come at most, or by ten seconds. */
  score(suits: (estimate: Estimate) => boolean): Score {
    const judged = this.all.filter((each) => each.when !== 'between' && suits(each))
    const right = judged.filter((each) => off(each) <= margin(each))
    return { count: judged.length, right: right.length / judged.length }
  }

  /** Of the ranges that suit: which share of the ends lay in them, or as near as {@link score} allows. */
  coverage(suits: (estimate: Estimate) => boolean): Score {
    const ranges = this.all.filter(
      (each) => each.when !== 'between' && each.latest > each.expected && suits(each),
    )
    const right = ranges.filter(
      (each) => each.happened >= each.expected - margin(each) && each.happened <= each.latest + margin(each),
    )
    return { count: ranges.length, right: right.length / ranges.length }
  }

  calmness(): Calmness {
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

/** From the estimate to the end of the import (ms). */
export const took = ({ madeAt, happened }: Estimate) => happened - madeAt

/** By how much an estimate was wrong (ms). */
export const off = ({ expected, happened }: Estimate) => Math.abs(expected - happened)

const margin = (estimate: Estimate) => Math.max(RIGHT_WITHIN_MS, RIGHT_WITHIN * took(estimate))
