import t from 'tap'
import { drawCharts } from '../src/charts/charts.ts'
import {
  athletesServed,
  limitsOf,
  makeWorkload,
  runOthers,
  runOurs,
  scenes,
  targetsOf,
} from '../src/index.ts'
import { Estimates } from '../src/measures/estimates.ts'
import { readOptions, UsageError } from '../src/options.ts'
import { comparison } from '../src/report.ts'
import { BEGIN, DAY_MS } from '../src/workload.ts'

const failing = (targets: ReturnType<typeof targetsOf>) =>
  targets.filter(({ ok }) => !ok).map(({ what, measured }) => `${what}: ${measured}`)

t.test('simulate: a newcomer beside a giant, and a history of 4,000', async (t) => {
  t.strictSame(failing(scenes(1)), [])
})

t.test('simulate: the targets, with waves, outages, crashes, lost webhooks and wrong clocks', async (t) => {
  const estimates = new Estimates()
  for (const [athletes, quarterHour, day] of [
    [1, 100, 1_000],
    [40, 100, 1_000],
    [40, 20, 1_000],
    [200, 300, 3_000],
  ] as const) {
    const workload = makeWorkload({ athletes, days: 10, seed: 3, established: 0.3 })
    const ours = runOurs({ workload, limits: limitsOf(quarterHour, day), seed: 3 })
    t.strictSame(failing(targetsOf(ours)), [], `${athletes} athletes on ${quarterHour},${day}`)
    t.equal(ours.measures.unfinished, 0)
    for (const estimate of ours.measures.estimates.all) estimates.add(estimate)
  }
  const { count, right } = estimates.score(() => true)
  t.ok(count > 100 && right >= 0.9, `${right} of ${count} estimates`)
})

t.test('simulate: limits that change, both ways', async (t) => {
  const workload = makeWorkload({ athletes: 60, days: 9, seed: 2 })
  const limitChanges = [
    { at: BEGIN + 2.3 * DAY_MS, limits: limitsOf(200, 2_000) },
    { at: BEGIN + 4.6 * DAY_MS, limits: limitsOf(600, 6_000) },
  ]
  const { measures } = runOurs({ workload, limits: limitsOf(100, 1_000), limitChanges, seed: 2 })
  t.equal(measures.overLimit, 0)
  t.match(
    measures.quota.days.map(({ limit }) => limit),
    [1_000, 1_000, 2_000, 2_000, 6_000],
  )
  t.ok(measures.quota.wasted().mean < 0.02)
})

t.test('simulate: only a backfill, and it is spent', async (t) => {
  for (const [quarterHour, day] of [
    [100, 1_000],
    [200, 2_000],
    [20, 1_000],
  ] as const) {
    const giant = { signsUpAt: BEGIN + 1_000, history: 2_000_000, perWeek: 0 }
    const workload = {
      ...makeWorkload({ athletes: 1, days: 3, seed: 1, outages: false }),
      athletes: [giant],
    }
    const { measures } = runOurs({ workload, limits: limitsOf(quarterHour, day), seed: 1 })
    t.equal(measures.overLimit, 0)
    t.ok(measures.quota.wasted().most < 0.02, `${quarterHour},${day}: ${measures.quota.wasted().most}`)
  }
})

t.test('simulate: the same seed, the same run; and the others on the same workload', async (t) => {
  const workload = makeWorkload({ athletes: 12, days: 4, seed: 5 })
  const scenario = { workload, limits: limitsOf(100, 1_000), seed: 5 }
  const ours = runOurs(scenario)
  const results = [ours, ...runOthers(scenario)]
  t.equal(comparison([ours]), comparison([runOurs(scenario)]))
  const table = comparison(results)
  for (const name of ['ikigai', 'prototype', 'token bucket', 'shrinking buffer']) t.match(table, name)
  for (const [name, svg] of drawCharts(results)) {
    t.match(svg, /^<svg .*<\/svg>\n$/s, name)
    t.notMatch(svg, /NaN|Infinity|undefined/, name)
  }
})

t.test('simulate: how many athletes a limit serves', async (t) => {
  const load = { medianHistory: 400, perWeek: 3, growth: 0.1 }
  t.ok(athletesServed(2_000, load) > athletesServed(1_000, load))
  t.ok(athletesServed(1_000, { ...load, medianHistory: 4_000 }) < athletesServed(1_000, load))
})

t.test('simulate: the command line', async (t) => {
  t.match(readOptions(['capacity', '--history', '900']), { command: 'capacity', history: 900 })
  t.match(readOptions(['--limit', '20,1000', '--athletes', '7']), { limit: [20, 1_000], athletes: 7 })
  for (const wrong of [['fly'], ['--limit', '20'], ['--days', '0'], ['--no-such'], ['--seed', 'x']])
    t.throws(() => readOptions(wrong), UsageError)
})
