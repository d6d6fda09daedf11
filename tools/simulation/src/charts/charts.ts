import type { Measures, Sample } from '../measures/measures.ts'
import { BEGIN, DAY_MS } from '../workload.ts'
import { drawLines, type Line, type LineChart } from './line-chart.ts'

/** Measures of a scheduler's run. */
export interface Result {
  readonly name: string
  readonly measures: Measures
}

const daysOf = (at: number) => (at - BEGIN) / DAY_MS

/** Every chart of one population, by file name. */
export function drawCharts(results: readonly Result[]): Map<string, string> {
  const charts: Record<string, LineChart> = {
    'quota-by-day': {
      title: "Share of the day's limit that is used",
      unit: ' %',
      lines: linesOf(results, ({ quota }) =>
        quota.days.map(({ day, used, limit }) => [day, (100 * used) / limit]),
      ),
      mark: { name: 'limit', y: 100 },
    },
    'quota-by-quarter': {
      title: 'Calls by quarter of an hour, over two days in the middle',
      unit: '',
      lines: linesOf(results, ({ samples }) => middle(samples).map(({ at, used }) => [daysOf(at), used])),
    },
    'sign-up-wait': {
      title: 'Wait for the first activities after a sign-up (95 of 100, by day)',
      unit: ' s',
      durations: true,
      lines: linesOf(results, ({ waitsByDay }) => daily(waitsByDay.signup)),
    },
    'live-wait': {
      title: 'From a new activity until it is stored (95 of 100, by day)',
      unit: ' s',
      durations: true,
      lines: linesOf(results, ({ waitsByDay }) => daily(waitsByDay.webhook)),
    },
    'import-wait': {
      title: 'From the sign-up to the whole history (95 of 100, by day)',
      unit: ' s',
      durations: true,
      lines: linesOf(results, ({ importsByDay }) => daily(importsByDay)),
    },
    fairness: {
      title: "Jain's index over the athletes whose histories are fetched",
      unit: '',
      lines: linesOf(results, ({ fairness }) => dailyMean(fairness.stretches)),
      mark: { name: 'target', y: 0.95 },
    },
    freshness: {
      title: 'Age of the row that was confirmed longest ago',
      unit: ' d',
      lines: linesOf(results, ({ samples }) =>
        samples
          .filter((_, i) => i % 24 === 0)
          .map(({ at, oldest }) => [daysOf(at), Number.isFinite(oldest) ? oldest / DAY_MS : 0]),
      ),
      mark: { name: 'most that may be served', y: 7 },
    },
    'over-limit': {
      title: 'Calls over a limit so far',
      unit: '',
      lines: linesOf(results, ({ samples }) =>
        samples.filter((_, i) => i % 24 === 0).map(({ at, over }) => [daysOf(at), over]),
      ),
    },
  }
  return new Map(Object.entries(charts).map(([name, chart]) => [`${name}.svg`, drawLines(chart)]))
}

function linesOf(
  results: readonly Result[],
  points: (measures: Measures) => (readonly [number, number])[],
): Line[] {
  return results
    .map(({ name, measures }) => ({ name, points: points(measures) }))
    .filter((line) => line.points.length > 0)
}

function middle(samples: readonly Sample[]): readonly Sample[] {
  const from = Math.floor(samples.length / 2 / 96) * 96
  return samples.slice(from, from + 192)
}

/** Day and 95th percentile in seconds. */
const daily = (byDay: Measures['importsByDay']): [number, number][] =>
  Array.from(byDay, ([day, waits]): [number, number] => [day, waits.quantile(0.95) / 1_000]).sort(
    ([a], [b]) => a - b,
  )

function dailyMean(stretches: readonly { at: number; index: number }[]): [number, number][] {
  const days = new Map<number, { sum: number; count: number }>()
  for (const { at, index } of stretches) {
    const day = Math.floor(daysOf(at))
    const { sum, count } = days.get(day) ?? { sum: 0, count: 0 }
    days.set(day, { sum: sum + index, count: count + 1 })
  }
  return Array.from(days, ([day, { sum, count }]) => [day, sum / count])
}
