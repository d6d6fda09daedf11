import fc from 'fast-check'
import t from 'tap'
import { parseStravaId } from '../src/index.ts'

t.test('strava id: every positive int64 is an id', async (t) => {
  const ids = fc.bigInt(1n, 2n ** 63n - 1n).map(String)
  fc.assert(fc.property(ids, (id) => t.equal(parseStravaId(id), id)))
})

t.test('strava id: nothing else is', async (t) => {
  const others = [
    '',
    '0',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '1\n',
    '0x10',
    '١',
    'abc',
    String(2n ** 63n),
    '9'.repeat(20),
  ]
  for (const text of others) t.equal(parseStravaId(text), undefined, JSON.stringify(text))
})
