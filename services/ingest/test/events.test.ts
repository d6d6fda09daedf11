import { eventKey, parseWebhookEvent } from '@ikigai/strava'
import { TestClock } from '@ikigai/testkit'
import t from 'tap'
import { deliver, eventText, fixture, SECRET, startWorld } from './world.ts'

const NOW = Date.parse('2026-11-24T08:00:00Z')
const world = await startWorld(t)
const ingest = await world.ingest({}, new TestClock(NOW))

t.test('recorded events are stored byte for byte before they are acknowledged', async (t) => {
  const subjects = {
    'create-real-2023-anonymised': 'ikigai.v1.strava.activity.create.2257522',
    'update-title-real-2023': 'ikigai.v1.strava.activity.update.2641043',
    'update-title-docs': 'ikigai.v1.strava.activity.update.136850',
    'deauthorize-real-2022': 'ikigai.v1.strava.athlete.update.12118520',
    'deauthorize-real-2026': 'ikigai.v1.strava.athlete.update.13356180',
  }
  for (const [name, subject] of Object.entries(subjects)) {
    const body = fixture(name)
    const answer = await deliver(ingest, body)
    t.match(answer, { status: 200, json: {} }, name)
    const stored = (await world.stored()).at(-1)
    t.equal(stored?.subject, subject)
    t.equal(stored?.body, body)
    const parsed = parseWebhookEvent(body)
    t.match(stored?.headers, {
      'Nats-Msg-Id': parsed.ok ? eventKey(parsed.event) : '',
      'Ikigai-Received-At': '2026-11-24T08:00:00.000Z',
      'X-Request-Id': answer.headers.get('x-request-id'),
    })
    t.notOk(stored !== undefined && 'X-Strava-Signature' in stored.headers)
  }
})

t.test('an event that comes five times, in any spelling, is stored once', async (t) => {
  const before = (await world.stored()).length
  const body = eventText({ object_id: 5, updates: { title: 'a', type: 'Run' } })
  const reordered = eventText({ object_id: 5, updates: { type: 'Run', title: 'a' } })
  const bodies = [body, body, reordered, ` ${body}\n`, body]
  const answers = await Promise.all(bodies.map((text) => deliver(ingest, text)))
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  )
  t.equal((await world.stored()).length, before + 1)
})

t.test('kinds that Strava may add one day are kept', async (t) => {
  const kinds = {
    'other.create': { object_type: 'segment_effort' },
    'activity.other': { aspect_type: 'archive' },
    'other.other': { object_type: 'route', aspect_type: 'share', updates: { by: { id: 1 }, ok: true } },
    'athlete.delete': { object_type: 'athlete', aspect_type: 'delete', extra: [1, 2] },
  }
  for (const [kind, changes] of Object.entries(kinds)) {
    const body = eventText({ ...changes, object_id: 77 })
    t.match(await deliver(ingest, body), { status: 200 }, kind)
    t.match((await world.stored()).at(-1), { subject: `ikigai.v1.strava.${kind}.2257522`, body })
  }
})

t.test('ids beyond 2^53 keep their digits', async (t) => {
  const ids = ['9007199254740993', '9223372036854775807']
  for (const id of ids) {
    const body = eventText({ owner_id: 'OWNER', object_id: 'OBJECT' })
      .replace('"OWNER"', id)
      .replace('"OBJECT"', id)
    t.match(await deliver(ingest, body), { status: 200 })
    t.match((await world.stored()).at(-1), { subject: `ikigai.v1.strava.activity.create.${id}`, body })
  }
  const neighbours = ['9007199254740992', '9007199254740994'].map((id) =>
    eventText({ object_id: 'OBJECT' }).replace('"OBJECT"', id),
  )
  const before = (await world.stored()).length
  for (const body of neighbours) await deliver(ingest, body)
  t.equal((await world.stored()).length, before + 2, 'neighbours are not taken for the same')
})

t.test('a signature goes with the event, unless it cannot be one', async (t) => {
  const signature = 't=1787205955,v1=0123456789abcdef'
  await deliver(ingest, eventText({ object_id: 90 }), { headers: { 'x-strava-signature': signature } })
  t.equal((await world.stored()).at(-1)?.headers['X-Strava-Signature'], signature)
  for (const [index, odd] of ['x'.repeat(300), 'caf\u00e9', 'a b'].entries()) {
    const headers = { 'x-strava-signature': odd }
    t.match(await deliver(ingest, eventText({ object_id: 91 + index }), { headers }), { status: 200 })
    t.notOk('X-Strava-Signature' in ((await world.stored()).at(-1)?.headers ?? {}))
  }
})

t.test('operators see what came, and never the secret', async (t) => {
  await deliver(ingest, 'no JSON')
  const metrics = await (await fetch(`${ingest.adminUrl}/metrics`)).text()
  const count = (kind: string, outcome: string) =>
    new RegExp(`^webhook_events_total\\{kind="${kind}",outcome="${outcome}",service="ingest"\\} [1-9]`, 'm')
  t.match(metrics, count('activity.create', 'stored'))
  t.match(metrics, count('activity.create', 'repeated'))
  t.match(metrics, count('other.other', 'stored'))
  t.match(metrics, count('unknown', 'invalid'))
  t.match(
    metrics,
    /ikigai_http_request_duration_seconds_count\{.*route="\/webhooks\/strava\/[^"]+",status="200"/,
  )
  t.notMatch(metrics + world.logs.text(), SECRET)
  t.match(await (await fetch(`${ingest.adminUrl}/readyz`)).json(), {
    status: 'ok',
    checks: { postgres: 'ok', nats: 'ok' },
  })
})
