/** An estimate for the end of an import, and what came of it: epoch ms. */
export interface Estimate {
  readonly madeAt: number
  readonly expected: number
  readonly happened: number
  /** Made at the sign-up, or when the import was looked at again later. */
  readonly when: 'sign-up' | 'later'
  /** Strava was out for a part of the time until the end, or a wave of sign-ups began in it: it could not know. */
  readonly surprised: boolean
}

/** What an estimate may be off, as a share of the time that was still to come. */
const RIGHT_WITHIN = 0.1

/** Over this nobody quarrels: single calls take from 0.1 to some seconds (ms). */
const ANYHOW_MS = 10_000

/** Of how many estimates which share was right. */
export interface Score {
  readonly count: number
  readonly right: number
}

/** How right the estimates of whole histories were. */
export class Estimates {
  readonly all: Estimate[] = []

  add(estimate: Estimate): void {
    this.all.push(estimate)
  }

  /** Of those that suit: which share was off by a tenth of the time still to come at most, or by ten seconds. */
  score(suits: (estimate: Estimate) => boolean): Score {
    const judged = this.all.filter(suits)
    const right = judged.filter(
      (estimate) => off(estimate) <= Math.max(ANYHOW_MS, RIGHT_WITHIN * took(estimate)),
    )
    return { count: judged.length, right: right.length / judged.length }
  }
}

/** From the estimate to the end of the import (ms). */
export const took = ({ madeAt, happened }: Estimate) => happened - madeAt

/** By how much an estimate was wrong (ms). */
export const off = ({ expected, happened }: Estimate) => Math.abs(expected - happened)
