import fc from 'fast-check'
import t from 'tap'
import { parseRateLimit } from '../src/index.ts'
import { recorded, replaying, SECRETS } from './support.ts'

const headersOf = (values: Record<string, string>) => new Headers(values)

t.test('rate limit: reads both counters of a recorded answer', async (t) => {
  t.strictSame(parseRateLimit(headersOf(recorded('headers/get-list-200').headers)), {
    overall: { quarterHour: { limit: 600, used: 6 }, day: { limit: 6000, used: 25 } },
    read: { quarterHour: { limit: 300, used: 6 }, day: { limit: 3000, used: 25 } },
  })
})

t.test('rate limit: leaves a counter out whose usage is the recorded ","', async (t) => {
  t.strictSame(parseRateLimit(headersOf(recorded('headers/post-activity-readratelimit-comma').headers)), {
    overall: { quarterHour: { limit: 200, used: 66 }, day: { limit: 2000, used: 209 } },
  })
})

t.test('rate limit: absent headers are no reading', async (t) => {
  t.equal(parseRateLimit(headersOf({})), undefined)
  t.equal(parseRateLimit(headersOf({ 'X-RateLimit-Limit': '200,2000' })), undefined, 'a limit without usage')
})

t.test('rate limit: malformed headers are no reading', async (t) => {
  for (const usage of [
    ',',
    '',
    '5',
    '5,',
    ',5',
    '5,5,5',
    '-1,5',
    '1.5,2',
    'a,b',
    '1e3,5',
    '1;2',
    '9999999999,1',
    '0x1,2',
  ]) {
    t.equal(
      parseRateLimit(headersOf({ 'x-ratelimit-limit': '200,2000', 'x-ratelimit-usage': usage })),
      undefined,
      usage,
    )
  }
})

t.test('rate limit: any well-formed pair comes through, in any case and with blanks', async (t) => {
  const number = fc.nat(999_999_999)
  fc.assert(
    fc.property(number, number, number, number, (quarterHour, day, usedShort, usedDay) => {
      const reading = parseRateLimit(
        headersOf({
          'X-READRATELIMIT-LIMIT': `${quarterHour}, ${day}`,
          'x-readratelimit-usage': `${usedShort},${usedDay}`,
        }),
      )
      t.strictSame(reading, {
        read: { quarterHour: { limit: quarterHour, used: usedShort }, day: { limit: day, used: usedDay } },
      })
    }),
    { numRuns: 50 },
  )
})

t.test('rate limit: the reading and the Date header are in meta, times by the given clock', async (t) => {
  let now = 1_000
  const { client } = await replaying(t, 'headers/get-list-200', { now: () => (now += 500) })
  const { meta } = await client.listActivities(SECRETS.accessToken, { perPage: 1 })
  t.strictSame(meta, {
    status: 200,
    usage: {
      overall: { quarterHour: { limit: 600, used: 6 }, day: { limit: 6000, used: 25 } },
      read: { quarterHour: { limit: 300, used: 6 }, day: { limit: 3000, used: 25 } },
    },
    date: Date.parse('2026-02-08T22:46:40Z'),
    sentAt: 1_500,
    receivedAt: 2_000,
    durationMs: 500,
  })
})
