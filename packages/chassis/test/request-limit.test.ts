import Fastify from 'fastify'
import t from 'tap'
import { type LimitState, limitByKey } from '../src/index.ts'

t.test('request limit: a key has its limit in each window, whatever others do', async (t) => {
  let now = 5_000
  const refused: LimitState[] = []
  const accepted: LimitState[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  limitByKey(app, {
    keyOf: ({ headers }) => String(headers['x-key']),
    limit: ({ headers }) => (headers['x-key'] === 'small' ? 1 : 2),
    windowMs: 10_000,
    now: () => now,
    onAccepted: (state) => void accepted.push(state),
    refusal: (state) => {
      refused.push(state)
      return Object.assign(new Error('too many'), { statusCode: 429 })
    },
  })
  let handled = 0
  app.get('/', async () => {
    handled += 1
    return {}
  })
  const ask = async (key: string) => (await app.inject({ url: '/', headers: { 'x-key': key } })).statusCode

  t.equal(await ask('one'), 200)
  now += 2_500
  t.equal(await ask('one'), 200)
  t.strictSame(accepted, [
    { limit: 2, remaining: 1, resetSeconds: 10 },
    { limit: 2, remaining: 0, resetSeconds: 8 },
  ])
  t.equal(await ask('one'), 429)
  t.strictSame(refused, [{ limit: 2, remaining: 0, resetSeconds: 8 }])
  t.equal(handled, 2, 'a refused request reaches no handler')
  t.equal(await ask('small'), 200, 'another key')
  t.equal(await ask('small'), 429, 'has its own limit')
  now += 7_499
  t.equal(await ask('one'), 429, 'until the window ends')
  now += 1
  t.equal(await ask('one'), 200, 'the window begins with the first request after it')
  t.equal(await ask('one'), 200)
  t.equal(await ask('one'), 429)
})
