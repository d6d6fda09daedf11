import type { Result } from './charts/charts.ts'
import { duration, percent, type Target } from './targets.ts'

/** The targets, one a line. */
export const targetTable = (targets: readonly Target[]): string =>
  table([
    ['what', 'target', 'measured', ''],
    ...targets.map(({ what, target, measured, ok }) => [what, target, measured, ok ? 'ok' : 'falls short']),
  ])

/** Results of the schedulers for the same workload. Waits: median / 95 of 100 / longest. */
export function comparison(results: readonly Result[]): string {
  const row = (name: string, value: (result: Result) => string) => [name, ...results.map(value)]
  const waits =
    (of: (result: Result) => { count: number; quantile(share: number): number }) => (result: Result) =>
      of(result).count === 0
        ? '–'
        : [0.5, 0.95, 1].map((share) => duration(of(result).quantile(share))).join(' / ')
  return table([
    ['', ...results.map(({ name }) => name)],
    row('calls', ({ measures }) => measures.calls.toLocaleString('en')),
    row('calls over a limit', ({ measures }) => measures.overLimit.toLocaleString('en')),
    row('unspent while work waited: mean, worst day', ({ measures }) => {
      const { mean, most } = measures.quota.wasted()
      return `${percent(mean)}, ${percent(most)}`
    }),
    row(
      'sign-up to first activities',
      waits(({ measures }) => measures.waits.signup),
    ),
    row(
      'five newest in detail',
      waits(({ measures }) => measures.waits.newest),
    ),
    row(
      'new activity',
      waits(({ measures }) => measures.waits.webhook),
    ),
    row(
      'whole history',
      waits(({ measures }) => measures.imports),
    ),
    row('histories not finished', ({ measures }) => measures.unfinished.toLocaleString('en')),
    row("Jain's index", ({ measures }) => orDash(measures.fairness.mean())),
    row('oldest row at the end', ({ measures }) => duration(measures.samples.at(-1)?.oldest ?? Number.NaN)),
    row(
      'missed activity found after',
      waits(({ measures }) => measures.found),
    ),
  ])
}

const orDash = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(3))

/** A Markdown table whose columns are aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(3, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}
