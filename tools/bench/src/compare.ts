import type { Figure, Target } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { median } from './statistics.ts'

/** How a comparison is made. */
export interface Comparison {
  readonly what: string
  readonly unit: string
  /** How many rounds are counted, at most: fewer when the benchmark's time is up, but one at least. */
  readonly rounds: number
  readonly context: Pick<BenchmarkContext, 'hasTime'>
  /** One measurement of ours, and one of each baseline; all of one round under the same conditions. */
  readonly ours: () => Promise<number>
  readonly baselines: Readonly<Record<string, () => Promise<number>>>
  readonly targets?: Readonly<Record<string, Target>>
}

/**
 * Measures ours and the baselines turn by turn, because a machine is not equally fast at all times: each round begins
 * with another of them, and each ratio is of measurements that were neighbours. A first round warms up and is not counted.
 * Returns one figure for each baseline.
 */
export async function compare(comparison: Comparison): Promise<readonly Figure[]> {
  const { what, unit, rounds, context, ours, baselines, targets = {} } = comparison
  const contestants = [{ name: undefined, measure: ours }, ...named(baselines)]
  const readings: Map<string | undefined, number>[] = []
  for (let round = -1; round < rounds && (round < 1 || context.hasTime()); round += 1) {
    const reading = new Map<string | undefined, number>()
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(round + 1 + turn) % contestants.length]
      if (contestant !== undefined) reading.set(contestant.name, await contestant.measure())
    }
    if (round >= 0) readings.push(reading)
  }
  const of = (name: string | undefined) => readings.map((reading) => reading.get(name) ?? Number.NaN)
  const own = of(undefined)
  return Object.keys(baselines).map((name) => {
    const theirs = of(name)
    return {
      what,
      unit,
      ours: median(own),
      baseline: { name, value: median(theirs) },
      ratio: median(own.map((value, round) => value / (theirs[round] ?? Number.NaN))),
      target: targets[name],
    }
  })
}

const named = (measures: Comparison['baselines']) =>
  Object.entries(measures).map(([name, measure]) => ({ name, measure }))
