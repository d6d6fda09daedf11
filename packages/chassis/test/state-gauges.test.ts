import { captureLogs } from '@ikigai/testkit'
import t from 'tap'
import { createLogger, Registry, registerStateGauges } from '../src/index.ts'

t.test('state gauges: one reading serves all of them, at each scrape anew', async (t) => {
  const registry = new Registry()
  let readings = 0
  registerStateGauges({
    registry,
    logger: createLogger({ service: 'test', level: 'silent' }),
    read: async () => {
      readings += 1
      return { rows: readings, kinds: readings === 1 ? ['old'] : ['new'] }
    },
    gauges: [
      { name: 'rows', help: 'Rows.', samples: ({ rows }) => [{ value: rows }] },
      {
        name: 'kinds',
        help: 'Kinds.',
        labelNames: ['kind'],
        samples: ({ kinds }) => kinds.map((kind) => ({ labels: { kind }, value: 1 })),
      },
    ],
  })
  t.match(await registry.metrics(), /^rows 1\n[\s\S]*^kinds\{kind="old"\} 1$/m)
  const second = await registry.metrics()
  t.match(second, /^rows 2\n[\s\S]*^kinds\{kind="new"\} 1$/m)
  t.notMatch(second, 'old', 'what is no more is not shown')
  t.equal(readings, 2)
})

t.test('state gauges: what cannot be read has no samples, and the others are shown', async (t) => {
  const logs = captureLogs()
  const registry = new Registry()
  let isDown = true
  const deps = { registry, logger: createLogger({ service: 'test', level: 'warn', destination: logs }) }
  registerStateGauges({
    ...deps,
    read: async () => {
      if (isDown) throw new Error('connect postgres://user:hidden@db failed')
      return 5
    },
    gauges: [{ name: 'rows', help: 'Rows.', samples: (rows) => [{ value: rows }] }],
  })
  registerStateGauges({
    ...deps,
    read: async () => 3,
    gauges: [{ name: 'others', help: 'Others.', samples: (others) => [{ value: others }] }],
  })
  const text = await registry.metrics()
  t.match(text, /^others 3$/m)
  t.notMatch(text, /^rows \d/m)
  t.match(logs.lines(), [{ msg: 'metrics could not be read', metrics: ['rows'] }])
  t.notMatch(logs.text(), 'hidden')
  isDown = false
  t.match(await registry.metrics(), /^rows 5$/m)
})
