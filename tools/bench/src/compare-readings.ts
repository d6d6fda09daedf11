import type { Figure, Target } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { median } from './statistics.ts'

/** Named values of one measurement. */
export type Readings<Key extends string> = Readonly<Record<Key, number>>

/** One figure of each measurement. */
export interface ComparedValue<Key extends string> {
  readonly key: Key
  readonly what: string
  readonly unit: string
  /** By baseline. */
  readonly targets?: Readonly<Record<string, Target>>
}

/** Options of {@link compareReadings}. */
export interface ReadingsComparison<Key extends string> {
  readonly values: readonly ComparedValue<Key>[]
  /** Maximum rounds; fewer when the benchmark's time is up, but at least one. */
  readonly rounds: number
  readonly context: Pick<BenchmarkContext, 'hasTime'>
  /** One measurement of ikigai, and one of each baseline, under the same conditions. */
  readonly ours: () => Promise<Readings<Key>>
  readonly baselines: Readonly<Record<string, () => Promise<Readings<Key>>>>
}

/**
 * Measures ikigai and the baselines alternately, because a machine's speed varies: each round begins
 * with another of them, and ratios are of adjacent measurements. A first round warms up and is not counted.
 * Returns one figure for each value and baseline.
 */
export async function compareReadings<Key extends string>(
  comparison: ReadingsComparison<Key>,
): Promise<readonly Figure[]> {
  const { values, rounds, context, ours, baselines } = comparison
  const contestants = [
    { name: undefined, measure: ours },
    ...Object.entries(baselines).map(([name, measure]) => ({ name, measure })),
  ]
  const readings: Map<string | undefined, Readings<Key>>[] = []
  for (let round = -1; round < rounds && (round < 1 || context.hasTime()); round += 1) {
    const reading = new Map<string | undefined, Readings<Key>>()
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(round + 1 + turn) % contestants.length]
      if (contestant !== undefined) reading.set(contestant.name, await contestant.measure())
    }
    if (round >= 0) readings.push(reading)
  }
  return values.flatMap(({ key, what, unit, targets = {} }) => {
    const of = (name: string | undefined) => readings.map((reading) => reading.get(name)?.[key] ?? Number.NaN)
    const own = of(undefined)
    return Object.keys(baselines).map((name): Figure => {
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
  })
}
