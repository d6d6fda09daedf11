import type { BenchmarkContext } from './context/benchmark-context.ts'

/** One question about ikigai's speed, answered by figures beside a baseline of the same run. */
export interface Benchmark {
  /** Its name in `npm run bench <name>`. */
  readonly name: string
  /** The question, in one line. */
  readonly what: string
  /** How long it may take (ms); a minute and a half by default. One that takes longer runs only when it is named. */
  readonly limitMs?: number
  /** Measures. What it opens is handed to `context.defer`, or opened by the context itself. */
  run(context: BenchmarkContext): Promise<readonly Figure[]>
}

/** One row of the report. */
export interface Figure {
  readonly what: string
  /** Such as `/s`, `ms` or `MiB`. */
  readonly unit: string
  readonly ours: number
  /** The baselines and their values in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number } | undefined
  /** Ours over the baseline: the median of the rounds' ratios, which says more than the ratio of two medians. */
  readonly ratio?: number | undefined
  /** None: a figure to know, not to hold. */
  readonly target?: Target | undefined
}

/** Target of a figure, or of its ratio to the baseline. */
export interface Target {
  readonly of: 'ours' | 'ratio'
  readonly atLeast?: number
  readonly atMost?: number
}

/** Whether a figure is what it has to be. */
export type Verdict = 'ok' | 'falls short' | 'no target'

/** Holds a figure against its target. */
export function judge({ ours, ratio, target }: Figure): Verdict {
  if (target === undefined) return 'no target'
  const value = target.of === 'ours' ? ours : ratio
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target
  return value !== undefined && value >= atLeast && value <= atMost ? 'ok' : 'falls short'
}
