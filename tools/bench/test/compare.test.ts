import t from 'tap'
import { judge } from '../src/benchmark.ts'
import { compare } from '../src/compare.ts'
import { table } from '../src/report.ts'
import { median, percentile } from '../src/statistics.ts'

t.test('compare: medians and percentiles', async (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([7]), 7)
  t.equal(percentile([5, 1, 4, 2, 3], 0.5), 3)
  t.equal(percentile([5, 1, 4, 2, 3], 0.99), 5)
  t.equal(percentile([5, 1, 4, 2, 3], 0), 1)
})

t.test('compare: ours and the baselines take turns, the first round is for warming up', async (t) => {
  const order: string[] = []
  const measure = (name: string, value: number) => async () => {
    order.push(name)
    // What slows a round slows all of it.
    const round = Math.ceil(order.length / 3)
    return round === 1 ? 1_000_000 : value / round
  }
  const figures = await compare({
    what: 'work',
    unit: '/s',
    rounds: 3,
    context: { hasTime: () => true },
    ours: measure('ours', 600),
    baselines: { bare: measure('bare', 1_200), idle: measure('idle', 300) },
    targets: { bare: { of: 'ratio', atLeast: 0.8 } },
  })
  t.same(order, [
    ...['ours', 'bare', 'idle'],
    ...['bare', 'idle', 'ours'],
    ...['idle', 'ours', 'bare'],
    ...['ours', 'bare', 'idle'],
  ])
  t.match(figures, [
    { ours: 200, baseline: { name: 'bare', value: 400 }, ratio: 0.5, target: { atLeast: 0.8 } },
    { ours: 200, baseline: { name: 'idle', value: 100 }, ratio: 2, target: undefined },
  ])
  t.same(figures.map(judge), ['falls short', 'no target'])
})

t.test('compare: when time is up there are fewer rounds, but one', async (t) => {
  let measured = 0
  const measure = async () => {
    measured += 1
    return measured
  }
  const context = { hasTime: () => false }
  await compare({ what: 'work', unit: '/s', rounds: 9, context, ours: measure, baselines: { bare: measure } })
  t.equal(measured, 4, 'one to warm up, one that counts')
})

t.test('compare: figures are judged by themselves or by their ratio', async (t) => {
  const figure = { what: 'p99', unit: 'ms', ours: 12, ratio: 3 }
  t.equal(judge({ ...figure, target: { of: 'ours', atMost: 12 } }), 'ok')
  t.equal(judge({ ...figure, target: { of: 'ours', atMost: 11 } }), 'falls short')
  t.equal(judge({ ...figure, target: { of: 'ratio', atLeast: 0.9, atMost: 1.1 } }), 'falls short')
  t.equal(judge({ what: 'p99', unit: 'ms', ours: 12, target: { of: 'ratio', atLeast: 0 } }), 'falls short')
})

t.test('compare: the table', async (t) => {
  const figures = [
    {
      what: 'through the gateway',
      unit: '/s',
      ours: 12_345.6,
      baseline: { name: 'bare', value: 20_000 },
      ratio: 0.617,
    },
    { what: 'p99', unit: 'ms', ours: 0.01234, target: { of: 'ours', atMost: 50 } as const },
  ]
  const text = table([
    { name: 'random', seconds: 12.3, figures },
    { name: 'event', seconds: 1, figures: [], failure: 'no end after 90 s' },
  ])
  t.match(text, /through the gateway +12,346 \/s +20,000 bare +0\.62\n/)
  t.match(text, /p99 +0\.0123 ms +≤ 50 +ok\n/)
  t.match(text, /event \(1 s\) +failed: no end after 90 s/)
})
