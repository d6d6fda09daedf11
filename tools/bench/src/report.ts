import { type Figure, judge, type Target } from './benchmark.ts'

/** The outcome of one benchmark. */
export interface Outcome {
  readonly name: string
  readonly seconds: number
  readonly figures: readonly Figure[]
  /** The error, if there are no figures. */
  readonly failure?: string | undefined
}

const HEADINGS = ['', 'ours', 'baseline', 'ratio', 'target', '']

/** The figures as a table for people. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ name, seconds, figures, failure }) => [
    [`${name} (${seconds.toFixed(0)} s)`, '', '', '', '', failure === undefined ? '' : `failed: ${failure}`],
    ...figures.map((figure) => [
      `  ${figure.what}`,
      `${short(figure.ours)} ${figure.unit}`,
      figure.baseline === undefined ? '' : `${short(figure.baseline.value)} ${figure.baseline.name}`,
      figure.ratio === undefined ? '' : figure.ratio.toFixed(2),
      figure.target === undefined ? '' : describe(figure.target),
      figure.target === undefined ? '' : judge(figure),
    ]),
  ])
  const lines = [HEADINGS, ...rows]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => cell(line, column).length)))
  return lines
    .map((line) =>
      widths
        .map((width, column) => cell(line, column).padEnd(width))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const cell = (line: readonly string[], column: number) => line[column] ?? ''

/** Rounds to three digits, the precision of a measurement. */
function short(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

function describe({ of, atLeast, atMost }: Target): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}`]),
    ...(atMost === undefined ? [] : [`≤ ${atMost}`]),
  ]
  return `${of === 'ratio' ? 'ratio ' : ''}${bounds.join(', ')}`
}
