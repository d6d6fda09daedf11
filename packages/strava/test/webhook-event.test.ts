import fc from 'fast-check'
import t from 'tap'
import { eventKey, parseWebhookEvent, type StravaWebhookEvent } from '../src/index.ts'
import { fixtureNames, fixtureText } from './support.ts'

const BODY = {
  object_type: 'activity',
  object_id: 1_360_128_428,
  aspect_type: 'update',
  owner_id: 134_815,
  subscription_id: 120_475,
  event_time: 1_516_126_040,
  updates: { title: 'Messy', private: 'true' },
}

function accepted(text: string): StravaWebhookEvent {
  const result = parseWebhookEvent(text)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.event
}

const bodyWith = (changes: object) => JSON.stringify({ ...BODY, ...changes })

t.test('webhook event: the recorded and constructed events', async (t) => {
  const refused: Record<string, string> = {
    'webhooks/event-create-docs-troubleshooting': '/object_id',
    'webhooks/event-create-real-2022': '/owner_id',
  }
  for (const name of fixtureNames('webhooks').filter((fixture) => fixture.includes('/event-'))) {
    const text = fixtureText(name)
    const body = JSON.parse(text)
    const result = parseWebhookEvent(text)
    const pointer = refused[name]
    if (pointer !== undefined) {
      t.strictSame(
        result,
        { ok: false, faults: [{ pointer, detail: 'must be a positive int64 integer' }] },
        name,
      )
    } else {
      t.strictSame(
        result,
        {
          ok: true,
          event: {
            objectType: body.object_type,
            objectId: String(body.object_id),
            aspectType: body.aspect_type,
            ownerId: String(body.owner_id),
            subscriptionId: String(body.subscription_id),
            eventTime: body.event_time,
            updates: body.updates,
            raw: text,
          },
        },
        name,
      )
    }
  }
})

t.test('webhook event: ids are exact up to the end of int64', async (t) => {
  const id = fc.bigInt(1n, 2n ** 63n - 1n)
  fc.assert(
    fc.property(id, id, id, (object, owner, subscription) => {
      const event = accepted(
        `{"object_type":"activity","aspect_type":"create","event_time":1,"object_id":${object},"owner_id":${owner},"subscription_id":${subscription}}`,
      )
      t.match(event, {
        objectId: String(object),
        ownerId: String(owner),
        subscriptionId: String(subscription),
        updates: {},
      })
    }),
  )
})

t.test('webhook event: kinds that Strava may add one day are accepted', async (t) => {
  t.match(accepted(bodyWith({ object_type: 'route', aspect_type: 'archive', extra: { a: [1] } })), {
    objectType: 'route',
    aspectType: 'archive',
  })
  t.strictSame(
    accepted(bodyWith({ updates: { n: 5, b: true, z: null, f: 1.5, o: { a: 1 }, s: 'text' } })).updates,
    {
      n: '5',
      b: 'true',
      z: 'null',
      f: '1.5',
      o: '{"a":1}',
      s: 'text',
    },
  )
  t.strictSame(accepted(bodyWith({ updates: null })).updates, {})
})

t.test('webhook event: each wrong field is named', async (t) => {
  const wrong: [field: string, values: unknown[]][] = [
    ['object_type', ['', 5, null, {}, 'a.b', 'a b', '>', '*', 'x'.repeat(65), 'ä', 'a\n']],
    ['aspect_type', ['', 5, null, 'a.b', '>']],
    ['object_id', [0, -1, 1.5, '5', null, [], {}, true, 2 ** 63, 1e30]],
    ['owner_id', [0, -1, '5', null]],
    ['subscription_id', [0, -1, '5', null]],
    ['event_time', [0, -1, 1.5, '1516126040', null, 1_516_126_040_000, 2 ** 60]],
    ['updates', ['', 5, [], true]],
  ]
  for (const [field, values] of wrong) {
    for (const value of values) {
      const result = parseWebhookEvent(bodyWith({ [field]: value }))
      t.match(result, { ok: false, faults: [{ pointer: `/${field}` }] }, `${field}: ${JSON.stringify(value)}`)
      t.equal(!result.ok && result.faults.length, 1)
    }
    if (field !== 'updates')
      t.strictSame(parseWebhookEvent(bodyWith({ [field]: undefined })), {
        ok: false,
        faults: [{ pointer: `/${field}`, detail: 'is missing' }],
      })
  }
})

t.test('webhook event: all faults at once', async (t) => {
  const result = parseWebhookEvent('{"object_type":5,"object_id":"x","updates":[]}')
  t.strictSame(!result.ok && result.faults.map(({ pointer }) => pointer).sort(), [
    '/aspect_type',
    '/event_time',
    '/object_id',
    '/object_type',
    '/owner_id',
    '/subscription_id',
    '/updates',
  ])
})

t.test('webhook event: hostile bodies are refused', async (t) => {
  const notJson = [
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    'NaN',
    '['.repeat(100_000),
    '{"a":'.repeat(100_000),
    '<html>',
  ]
  for (const text of notJson) {
    t.strictSame(
      parseWebhookEvent(text),
      { ok: false, faults: [{ pointer: '', detail: 'must be JSON' }] },
      text.slice(0, 20),
    )
  }
  for (const text of ['null', '5', '"x"', '[]', '[{}]', 'true'])
    t.strictSame(
      parseWebhookEvent(text),
      { ok: false, faults: [{ pointer: '', detail: 'must be a JSON object' }] },
      text,
    )
  const tooLarge = bodyWith({}).replace('1360128428', '9223372036854775808')
  t.match(parseWebhookEvent(tooLarge), { ok: false, faults: [{ pointer: '/object_id' }] })
  const long = bodyWith({}).replace('1360128428', '9'.repeat(500_000))
  t.match(parseWebhookEvent(long), { ok: false, faults: [{ pointer: '/object_id' }] })
})

t.test('webhook event: no body makes it throw', async (t) => {
  const field = fc.constantFrom(...Object.keys(BODY))
  fc.assert(
    fc.property(fc.dictionary(field, fc.jsonValue()), (changes) => {
      const result = parseWebhookEvent(bodyWith(changes))
      t.ok(result.ok || result.faults.length > 0)
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => t.equal(typeof parseWebhookEvent(text).ok, 'boolean')))
})

t.test('webhook event: names of objects do no harm', async (t) => {
  const event = accepted(
    bodyWith({})
      .replace('"title"', '"__proto__":"x","constructor":"y","title"')
      .replace('{', '{"__proto__":{"a":1},'),
  )
  t.strictSame(Object.entries(event.updates).sort(), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['private', 'true'],
    ['title', 'Messy'],
  ])
  t.equal(Reflect.get({}, 'a'), undefined)
})

t.test('webhook event: what Postgres refuses is replaced in texts and in the body', async (t) => {
  const event = accepted(bodyWith({ updates: { title: 'a\0b\ud83d' } }))
  t.strictSame(event.updates, { title: 'a\ufffdb\ufffd' })
  t.notMatch(event.raw, /\\u0000|\\ud83d/)
})

t.test('the key: same event, same key, whatever the order or layout', async (t) => {
  const event = accepted(JSON.stringify(BODY))
  const reversed = Object.fromEntries(
    Object.entries({ ...BODY, updates: { private: 'true', title: 'Messy' } }).reverse(),
  )
  t.match(eventKey(event), /^[0-9a-f]{64}$/)
  t.equal(eventKey(event), eventKey(accepted(JSON.stringify(reversed, null, 2))))
  t.equal(
    eventKey(event),
    eventKey(accepted(bodyWith({ subscription_id: 5 }))),
    'the subscription does not matter',
  )
  t.equal(eventKey(accepted(bodyWith({ updates: undefined }))), eventKey(accepted(bodyWith({ updates: {} }))))
})

t.test('the key: another event, another key', async (t) => {
  const bodies = [
    {},
    { object_type: 'athlete' },
    { object_id: 5 },
    { aspect_type: 'create' },
    { owner_id: 5 },
    { event_time: 5 },
    { updates: {} },
    { updates: { title: 'Messy', private: 'false' } },
    { updates: { title: 'Messy' } },
    { updates: { 'title","private': 'Messy' } },
    { object_id: 9_007_199_254_740_992 },
  ]
  const texts = [...bodies.map(bodyWith), bodyWith({ object_id: 'X' }).replace('"X"', '9007199254740993')]
  t.equal(new Set(texts.map((text) => eventKey(accepted(text)))).size, texts.length)
})
