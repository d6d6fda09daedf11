import { createHmac } from 'node:crypto'
import { athletes } from '@ikigai/db'
import { TestClock } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { deliver, eventText, SECRET, startHarness } from './harness.ts'

const NOW = Date.parse('2026-11-24T08:00:00Z')
const KEY = 'a-signing-key-of-some-length'
const harness = await startHarness(t)
const { db } = harness

/** Signs a body as in deliveries recorded in 2026. */
const signBody = (body: string, key: string, seconds: number) =>
  `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`

const countOf = async ({ urls }: { urls: { admin: string } }, sample: string) => {
  const text = await (await fetch(`${urls.admin}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(sample))
  return line === undefined ? 0 : Number(line.split(' ').at(-1))
}

t.test('unknown owner: events are acknowledged and not stored', async (t) => {
  const ingest = await harness.ingest()
  const forged = Array.from({ length: 300 }, (_, n) => eventText({ owner_id: 500_000 + n, object_id: n + 1 }))
  const real = eventText({ object_id: 999 })
  for (let start = 0; start < forged.length; start += 50) {
    const answers = await Promise.all(forged.slice(start, start + 50).map((body) => deliver(ingest, body)))
    if (answers.some(({ status }) => status !== 200)) t.fail('Strava would only send them again')
  }
  t.equal((await deliver(ingest, real)).status, 200)
  t.match(await harness.stored(), [{ body: real }])
  t.equal(await harness.storedCount(), 1)
  const sample = 'ikigai_webhook_events_total{kind="activity.create",outcome="unknown_owner"'
  t.equal(await countOf(ingest, sample), 300)
})

t.test('known owners: a new athlete is known at once, a former one unknown after seconds', async (t) => {
  const clock = new TestClock(NOW)
  const ingest = await harness.ingest({}, clock)
  const body = eventText({ owner_id: 777, object_id: 1 })
  await deliver(ingest, body)
  await db.insert(athletes).values({ id: '777', scopes: [], connectedAt: new Date() })
  await deliver(ingest, body)
  t.equal(await harness.storedCount(), 2)
  await db.delete(athletes).where(eq(athletes.id, '777'))
  await clock.advance(5_000)
  t.equal((await deliver(ingest, eventText({ owner_id: 777, object_id: 2 }))).status, 200)
  t.equal(await harness.storedCount(), 2)
})

t.test('known owners: while Postgres is unavailable, events of unverified owners are limited', async (t) => {
  const clock = new TestClock(NOW)
  const ingest = await harness.ingest({}, clock)
  t.equal((await deliver(ingest, eventText({ object_id: 20 }))).status, 200, 'the owner is known from now on')
  await db.execute(sql`alter table athletes rename to away`)
  const before = await harness.storedCount()
  const strangers: number[] = []
  for (let batch = 0; batch < 11; batch += 1) {
    const bodies = Array.from({ length: 100 }, (_, n) =>
      eventText({ owner_id: 900_000 + batch * 100 + n, object_id: 3 }),
    )
    const answers = await Promise.all(bodies.map((body) => deliver(ingest, body)))
    strangers.push(...answers.map(({ status }) => status))
  }
  t.equal(strangers.filter((status) => status === 200).length, 1_000)
  t.equal(strangers.filter((status) => status === 503).length, 100, 'asked to come again')
  t.equal((await deliver(ingest, eventText({ object_id: 21 }))).status, 200, 'who is known is served')
  t.equal(await harness.storedCount(), before + 1_001)
  await clock.advance(60_000)
  t.equal((await deliver(ingest, eventText({ owner_id: 900_000, object_id: 4 }))).status, 200)
  await db.execute(sql`alter table away rename to athletes`)
})

t.test('rate limit: counts per address', async (t) => {
  const ingest = await harness.ingest({ WEBHOOK_SOURCE_LIMIT: '50', TRUST_PROXY: '127.0.0.1' })
  const from = (address: string, object: number) =>
    deliver(ingest, eventText({ object_id: object }), { headers: { 'x-forwarded-for': address } })
  const answers = await Promise.all(Array.from({ length: 80 }, (_, n) => from('203.0.113.1', 1_000 + n)))
  const refused = answers.filter(({ status }) => status !== 200)
  t.equal(refused.length, 30)
  t.match(refused[0], { status: 429, json: { type: '/problems/too-many-requests' } })
  t.match(refused[0]?.headers.get('retry-after'), /^\d+$/)
  t.equal((await from('203.0.113.2', 2_000)).status, 200)
  const stranger = await deliver(ingest, '{}', { secret: 'x', headers: { 'x-forwarded-for': '203.0.113.1' } })
  t.equal(stranger.status, 404, 'guesses at the secret are counted apart')
  const guesses = await Promise.all(
    Array.from({ length: 120 }, (_, n) =>
      deliver(ingest, '{}', { secret: `guess-${n}`, headers: { 'x-forwarded-for': '203.0.113.5' } }),
    ),
  )
  t.equal(guesses.filter(({ status }) => status === 404).length, 100)
  t.match(guesses.find(({ status }) => status === 429)?.headers.get('retry-after'), /^\d+$/)
  const knowing = await from('203.0.113.5', 2_001)
  t.equal(knowing.status, 200, 'an address that guessed and knows it now is served')

  const direct = await harness.ingest({ WEBHOOK_SOURCE_LIMIT: '1' })
  const spoofed = (address: string) =>
    deliver(direct, eventText({ object_id: 3_000 }), { headers: { 'x-forwarded-for': address } })
  await spoofed('203.0.113.3')
  t.equal(
    (await spoofed('203.0.113.4')).status,
    429,
    'without a proxy in front the header counts for nothing',
  )
})

t.test('signature: counted with a key, and not enforced by default', async (t) => {
  const ingest = await harness.ingest({ STRAVA_WEBHOOK_SIGNING_KEY: KEY }, new TestClock(NOW))
  const body = eventText({ object_id: 4_000 })
  const seconds = NOW / 1_000
  const headers = [
    undefined,
    signBody(body, KEY, seconds),
    signBody(body, 'another', seconds),
    signBody(body, KEY, seconds - 3_600),
  ]
  for (const signature of headers) {
    const options = signature === undefined ? {} : { headers: { 'x-strava-signature': signature } }
    t.equal((await deliver(ingest, body, options)).status, 200)
  }
  for (const verdict of ['absent', 'valid', 'invalid', 'stale'])
    t.equal(await countOf(ingest, `ikigai_webhook_signatures_total{verdict="${verdict}"`), 1, verdict)
})

t.test('signature: with `require`, calls without a valid one are rejected', async (t) => {
  const required = { STRAVA_WEBHOOK_SIGNING_KEY: KEY, STRAVA_WEBHOOK_SIGNATURE: 'require' }
  const ingest = await harness.ingest(required, new TestClock(NOW))
  const body = eventText({ object_id: 5_000 })
  const seconds = NOW / 1_000
  const right = signBody(body, KEY, seconds)
  const post = (signature: string, text = body) =>
    deliver(ingest, text, { headers: { 'x-strava-signature': signature } })
  const before = await harness.storedCount()
  const wrong = [
    signBody(body, 'another', seconds),
    signBody(body, KEY, seconds - 601),
    right.replace(`t=${seconds}`, `t=${seconds + 1}`),
    right.replace('v1=', 'v0='),
    right.slice(0, -1),
    `${right},v1=`,
    't=,v1=',
    'x'.repeat(5_000),
  ]
  for (const signature of wrong) {
    const refused = await post(signature)
    t.match(refused, { status: 403, json: { type: '/problems/signature-refused' } }, signature.slice(0, 90))
  }
  t.equal((await deliver(ingest, body)).status, 403)
  t.equal((await post(right, `${body} `)).status, 403, 'a byte more')
  t.equal(await harness.storedCount(), before)
  t.equal((await post(right.toUpperCase().replace('T=', 't=').replace('V1=', 'v1='))).status, 200)
  t.equal((await post(`t=${seconds},v1=${'0'.repeat(64)},${right.split(',')[1]}`)).status, 200, 'one of two')
  t.equal(await harness.storedCount(), before + 1)
  await t.rejects(harness.ingest({ STRAVA_WEBHOOK_SIGNATURE: 'require' }), /STRAVA_WEBHOOK_SIGNING_KEY/)
  t.notMatch(harness.logs.text(), KEY)
  t.notMatch(harness.logs.text(), SECRET)
})
