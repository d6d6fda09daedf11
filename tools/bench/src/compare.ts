import type { Figure, Target } from './benchmark.ts'
import { compareReadings, type ReadingsComparison } from './compare-readings.ts'

/** Options of {@link compare}; see {@link compareReadings}. */
export interface Comparison extends Pick<ReadingsComparison<'value'>, 'rounds' | 'context'> {
  readonly what: string
  readonly unit: string
  /** One measurement of ikigai, and one of each baseline, under the same conditions. */
  readonly ours: () => Promise<number>
  readonly baselines: Readonly<Record<string, () => Promise<number>>>
  readonly targets?: Readonly<Record<string, Target>>
}

/** {@link compareReadings} of measurements with one value. Returns one figure for each baseline. */
export async function compare(comparison: Comparison): Promise<readonly Figure[]> {
  const { what, unit, rounds, context, ours, baselines, targets = {} } = comparison
  const asReading = (measure: () => Promise<number>) => async () => ({ value: await measure() })
  return await compareReadings({
    values: [{ key: 'value', what, unit, targets }],
    rounds,
    context,
    ours: asReading(ours),
    baselines: Object.fromEntries(
      Object.entries(baselines).map(([name, measure]) => [name, asReading(measure)]),
    ),
  })
}
