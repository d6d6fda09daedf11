import t from 'tap'
import { answering, fixtureText, replaying, SECRETS, succeeded } from './support.ts'

const HUGE = '9223372036854775807'

function summary(fields: string): string {
  return `{"name":"Ride","id":1,"start_date":"2026-02-07T23:39:36Z","athlete":{"id":2}${fields}}`
}

t.test('a recorded page: ids, starts and texts of its activities', async (t) => {
  const { client, requests } = await replaying(t, 'activities/list-30-2025')
  const value = succeeded(
    await client.listActivities(SECRETS.accessToken, {
      before: 1_700_000_000,
      after: 5,
      page: 2,
      perPage: 30,
    }),
  )
  const { rawText, activities, skipped } = value
  t.equal(rawText, fixtureText('activities/list-30-2025'))
  t.equal(activities.length, 30)
  t.equal(skipped, 0)
  t.strictSame(
    activities.map(({ raw }) => JSON.parse(raw)),
    JSON.parse(rawText),
  )
  for (const { id, athleteId, startDate, raw } of activities) {
    t.match(JSON.parse(raw), { id: Number(id), athlete: { id: Number(athleteId) } })
    t.equal(startDate.toISOString().replace('.000', ''), JSON.parse(raw).start_date)
  }
  t.match(requests, [
    {
      method: 'GET',
      url: '/api/v3/athlete/activities?before=1700000000&after=5&page=2&per_page=30',
      authorization: `Bearer ${SECRETS.accessToken}`,
    },
  ])
})

t.test('activities: only what is asked for is in the query', async (t) => {
  const { client, requests } = await answering(t, 200, '[]')
  const result = await client.listActivities('x', { perPage: 200 })
  t.match(result, { ok: true, value: { rawText: '[]', activities: [], skipped: 0 } })
  t.equal(requests[0]?.url, '/api/v3/athlete/activities?per_page=200')
})

t.test('activities: ids beyond 2^53 stay exact', async (t) => {
  const items = [
    `{"id":${HUGE},"start_date":"2026-02-07T23:39:36Z","athlete":{"id":9007199254740993}}`,
    '{"start_date":"2026-02-07T23:39:36Z","athlete":{"id":7,"x":"\\"id\\":1"},"id":9007199254740995,"note":"\\"id\\":3"}',
    '{"id":12,"start_date":"2026-02-07T23:39:36Z","athlete":{"id":34},"upload_id":99999999999999999999}',
  ]
  const { client } = await answering(t, 200, `[${items.join(' ,\n')}]`)
  t.match(await client.listActivities('x', { perPage: 3 }), {
    value: {
      activities: [
        { id: HUGE, athleteId: '9007199254740993', raw: items[0] },
        { id: '9007199254740995', athleteId: '7', raw: items[1] },
        { id: '12', athleteId: '34', raw: items[2] },
      ],
      skipped: 0,
    },
  })
})

t.test("activities: ids as large as in Strava's documentation (1.5e14) are exact", async (t) => {
  const { client } = await replaying(t, 'activities/list-docs')
  t.match(await client.listActivities('x', { perPage: 3 }), {
    value: { activities: [{ id: '153180605973719' }, { id: '1259836079' }] },
  })
})

t.test('activities: an item that lacks what it must have is left out, with the reason', async (t) => {
  const bad = [
    'null',
    '5',
    '"x"',
    '[]',
    '{}',
    summary('').replace('"id":1,', ''),
    summary('').replace('"id":1,', '"id":"1",'),
    summary('').replace('"id":1,', '"id":-1,'),
    summary('').replace('"id":1,', '"id":0,'),
    summary('').replace('"id":1,', '"id":1.5,'),
    summary('').replace('"id":1,', '"id":79228162514264337593543950336,'),
    summary('').replace('"id":1,', '"id":9223372036854775808,'),
    summary('').replace('"id":1,', '"id":1e300,'),
    summary('').replace('2026-02-07T23:39:36Z', '2026-02-07'),
    summary('').replace('2026-02-07T23:39:36Z', '2026-13-07T23:39:36Z'),
    summary('').replace('2026-02-07T23:39:36Z', ''),
    summary('').replace('"athlete":{"id":2}', '"athlete":null'),
    summary('').replace('"athlete":{"id":2}', '"athlete":{"id":null}'),
  ]
  const { client } = await answering(
    t,
    200,
    `[${[summary(''), ...bad, summary(',"more":[{"id":5}]')].join(',')}]`,
  )
  const value = succeeded(await client.listActivities('x', { perPage: 200 }))
  t.equal(value.activities.length, 2)
  t.equal(value.skipped, bad.length)
  t.strictSame(
    value.skippedItems.map(({ index }) => index),
    bad.map((_, index) => index + 1),
  )
  t.ok(value.skippedItems.every(({ reason }) => reason.length > 10))
})

t.test('activities: a page that is no JSON array is malformed', async (t) => {
  const deep = `${'[{"a":'.repeat(200_000)}1${'}]'.repeat(200_000)}`
  const bodies = [
    '',
    ' ',
    'null',
    '{}',
    '{"message":"error"}',
    '[{"id":1',
    '[{]}',
    '[1,]',
    '[,]',
    '[01]',
    '[{"id":1}x]',
    '"[]"',
    deep,
  ]
  for (const body of bodies) {
    const { client } = await answering(t, 200, body)
    t.match(
      await client.listActivities('x', { perPage: 1 }),
      { ok: false, error: { kind: 'malformed' } },
      body.slice(0, 20),
    )
  }
})

t.test('activities: an activity in detail comes through to the last digit', async (t) => {
  const text = fixtureText('activities/ebikeride-photos')
  const { client, requests } = await answering(t, 200, text)
  const id = String(JSON.parse(text).id)
  const value = succeeded(await client.getActivity(SECRETS.accessToken, id))
  t.equal(value.rawText, text)
  const longIds = text.match(/\b\d{17,19}\b/g) ?? []
  t.ok(longIds.length > 0)
  t.ok(longIds.every((longId) => value.rawText.includes(longId)))
  t.match(value, {
    id,
    athleteId: String(JSON.parse(text).athlete.id),
    startDate: new Date(JSON.parse(text).start_date),
  })
  t.match(requests, [{ url: `/api/v3/activities/${id}`, authorization: `Bearer ${SECRETS.accessToken}` }])
})

t.test('activities: another activity than the one asked for is malformed', async (t) => {
  const { client } = await answering(t, 200, summary(''))
  t.match(await client.getActivity('x', '1'), { ok: true })
  t.match(await client.getActivity('x', '3'), { ok: false, error: { kind: 'malformed' } })
})

t.test('activities: a detail that is no activity is malformed', async (t) => {
  const deep = summary(`,"a":${'['.repeat(500_000)}${']'.repeat(500_000)}`)
  for (const body of [
    '',
    '[]',
    '{}',
    'null',
    summary('').slice(0, -1),
    `${summary('')}${summary('')}`,
    deep,
  ]) {
    const { client } = await answering(t, 200, body)
    t.match(
      await client.getActivity('x', '1'),
      { ok: false, error: { kind: 'malformed' } },
      body.slice(0, 20),
    )
  }
})

t.test('activities: what Postgres refuses is replaced, and only that', async (t) => {
  const item = summary(',"note":"a\\u0000b \\ud83d \\ud83d\\ude00 \\\\u0000 😀"')
  const clean = summary(',"note":"a\\ufffdb \\ufffd \\ud83d\\ude00 \\\\u0000 😀"')
  const { client } = await answering(t, 200, `[${item}]`)
  t.match(await client.listActivities('x', { perPage: 1 }), {
    value: { rawText: `[${clean}]`, activities: [{ raw: clean }] },
  })
  const { client: detail } = await answering(t, 200, item)
  t.match(await detail.getActivity('x', '1'), { value: { rawText: clean } })
})

t.test('activities: an id is one segment of the path, whatever it holds', async (t) => {
  const { client, requests } = await answering(t, 200, summary(''))
  await client.getActivity('x', '../athlete?a=b')
  t.equal(requests[0]?.url, '/api/v3/activities/..%2Fathlete%3Fa%3Db')
})
