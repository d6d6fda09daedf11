import { TestClock } from '@ikigai/testkit'
import t from 'tap'
import { createAppOrigins } from '../src/apps/app-origins.ts'

t.test('app origins: reads the table at most once a second, however many requests', async (t) => {
  const clock = new TestClock(1_000_000)
  let reads = 0
  let answer = async (): Promise<readonly string[]> => ['https://app.example']
  const read = () => {
    reads += 1
    return answer()
  }
  const origins = createAppOrigins(read, clock, ['https://configured.example'])
  const strangers = Array.from({ length: 500 }, (_, n) => `https://stranger-${n}.example`)
  const askAll = () => Promise.all(strangers.map((origin) => origins.isAllowed(origin)))

  t.same(new Set(await askAll()), new Set([false]))
  await askAll()
  t.equal(reads, 1)
  await clock.advance(1_000)
  await askAll()
  t.equal(reads, 2)
  t.ok(await origins.isAllowed('https://app.example'))
  t.ok(await origins.isAllowed('https://configured.example'))
  await clock.advance(30_000)
  t.ok(await origins.isAllowed('https://app.example'))
  t.equal(reads, 2, 'one that is known costs no read for a minute')

  answer = () => Promise.reject(new Error('Postgres is away'))
  await clock.advance(60_000)
  await askAll()
  await askAll()
  t.equal(reads, 3, 'no more often while Postgres is away')
  t.ok(await origins.isAllowed('https://app.example'), 'the last list is used')
})
