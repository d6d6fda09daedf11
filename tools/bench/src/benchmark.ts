import type { BenchmarkContext } from './context/benchmark-context.ts'

/** A benchmark: figures of ikigai, each with a baseline of the same run. */
export interface Benchmark {
  /** Its name in `npm run bench <name>`. */
  readonly name: string
  /** What it measures, in one line. */
  readonly what: string
  /** Maximum duration (ms); a minute and a half by default. A longer one runs only when it is named. */
  readonly limitMs?: number
  /** Runs it. Resources are closed by `context.defer`, or opened by the context itself. */
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
  /** Ratio to the baseline: the median of the rounds' ratios, which is more reliable than the ratio of two medians. */
  readonly ratio?: number | undefined
  /** Undefined: a figure without a target. */
  readonly target?: Target | undefined
}

/** Target of a figure, or of its ratio to the baseline. */
export interface Target {
  readonly of: 'ours' | 'ratio'
  readonly atLeast?: number
  readonly atMost?: number
}

/** Whether a figure meets its target. */
export type Verdict = 'ok' | 'falls short' | 'no target'

/** Compares a figure with its target. */
export function judge({ ours, ratio, target }: Figure): Verdict {
  if (target === undefined) return 'no target'
  const value = target.of === 'ours' ? ours : ratio
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target
  return value !== undefined && value >= atLeast && value <= atMost ? 'ok' : 'falls short'
}
