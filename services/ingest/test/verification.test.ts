import t from 'tap'
import { SECRET, startHarness, VERIFY_TOKEN } from './harness.ts'

const harness = await startHarness(t)
const ingest = await harness.ingest()

const VALID: readonly (readonly [string, string])[] = [
  ['hub.verify_token', VERIFY_TOKEN],
  ['hub.challenge', '15f7d1a91c1f40f8a748fd134752feb3'],
  ['hub.mode', 'subscribe'],
]

async function shake(parameters: readonly (readonly [string, string])[], secret = SECRET) {
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const response = await fetch(`${ingest.urls.http}/webhooks/strava/${secret}?${query}`)
  const json: unknown = await response.json()
  return { status: response.status, type: response.headers.get('content-type'), json }
}

const without = (name: string) => VALID.filter(([other]) => other !== name)

t.test('webhook verification: returns the challenge, whatever the order of parameters', async (t) => {
  for (const parameters of [VALID, [...VALID].reverse()]) {
    const { status, type, json } = await shake(parameters)
    t.equal(status, 200)
    t.match(type, /^application\/json/)
    t.same(json, { 'hub.challenge': '15f7d1a91c1f40f8a748fd134752feb3' })
  }
})

t.test('webhook verification: returns any challenge as text', async (t) => {
  const challenge = '"</script>\u0000é'
  const { status, json } = await shake([...without('hub.challenge'), ['hub.challenge', challenge]])
  t.equal(status, 200)
  t.same(json, { 'hub.challenge': challenge })
})

t.test('webhook verification: answers 404 without the secret', async (t) => {
  for (const secret of ['', 'x', SECRET.slice(1), `${SECRET}x`, SECRET.toUpperCase()])
    t.match(await shake(VALID, secret), { status: 404, json: { type: '/problems/not-found' } }, secret)
  t.equal((await shake(VALID, 'x'.repeat(600))).status, 414)
})

t.test('webhook verification: rejects another token', async (t) => {
  for (const token of ['x', `${VERIFY_TOKEN}x`, VERIFY_TOKEN.toUpperCase()]) {
    const answer = await shake([...without('hub.verify_token'), ['hub.verify_token', token]])
    t.match(answer, { status: 403, type: /problem\+json/, json: { type: '/problems/wrong-verify-token' } })
  }
})

t.test('webhook verification: rejects missing, repeated, empty or oversized parameters', async (t) => {
  for (const [name, value] of VALID) {
    t.match(await shake(without(name)), { status: 400, type: /problem\+json/ }, `${name} missing`)
    t.match(await shake([...VALID, [name, value]]), { status: 400 }, `${name} twice`)
    t.match(await shake([...without(name), [name, '']]), { status: 400 }, `${name} empty`)
    t.match(await shake([...without(name), [name, 'x'.repeat(2_000)]]), { status: 400 }, `${name} too long`)
  }
  t.match(await shake([...without('hub.mode'), ['hub.mode', 'unsubscribe']]), { status: 400 })
})

t.test('webhook verification: neither secret nor token is logged', async (t) => {
  t.match(harness.logs.text(), '/webhooks/strava/')
  t.notMatch(harness.logs.text(), SECRET)
  t.notMatch(harness.logs.text(), VERIFY_TOKEN)
})
