import t from 'tap'
import { answering, fixtureText, replaying, SECRETS } from './support.ts'

t.test('athlete: parsed, detailed or summary', async (t) => {
  for (const name of ['athletes/athlete-detailed', 'athletes/athlete-summary']) {
    const { client, requests } = await replaying(t, name)
    const text = fixtureText(name)
    t.match(await client.getAthlete(SECRETS.accessToken), {
      ok: true,
      value: { id: String(JSON.parse(text).id) },
    })
    t.match(requests, [
      { method: 'GET', url: '/api/v3/athlete', authorization: `Bearer ${SECRETS.accessToken}` },
    ])
  }
})

t.test('athlete: only the id is required, and it is exact', async (t) => {
  const { client } = await answering(t, 200, '{"id":9007199254740993,"username":null,"city":5}')
  t.match(await client.getAthlete('x'), {
    ok: true,
    value: { id: '9007199254740993' },
  })
})

t.test('athlete: any other body is malformed', async (t) => {
  const bodies = [
    '',
    '[]',
    'null',
    '{}',
    '{"id":"5"}',
    '{"id":0}',
    '{"id":5.0}',
    `{"id":${'9'.repeat(400_000)}}`,
    '['.repeat(100_000),
  ]
  for (const body of bodies) {
    const { client } = await answering(t, 200, body)
    t.match(await client.getAthlete('x'), { ok: false, error: { kind: 'malformed' } }, body.slice(0, 20))
  }
})
