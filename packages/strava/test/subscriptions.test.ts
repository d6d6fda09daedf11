import t from 'tap'
import { answering, fixtureNames, recorded, replaying, SECRETS } from './support.ts'

const REQUEST = { callbackUrl: 'https://ikigai.example/webhooks/strava/s', verifyToken: 'verify-me' }
const CREDENTIALS = `client_id=12345&client_secret=${SECRETS.clientSecret}`

t.test('subscriptions: list', async (t) => {
  const { client, requests } = await replaying(t, 'webhooks/subscription-list-200')
  t.match(await client.listSubscriptions(), {
    ok: true,
    value: [{ id: '122410', callbackUrl: 'https://ikigai.example/webhooks/strava/secret' }],
  })
  t.match(requests, [
    { method: 'GET', url: `/api/v3/push_subscriptions?${CREDENTIALS}`, authorization: undefined },
  ])
  const { client: none } = await replaying(t, 'webhooks/subscription-list-empty-200')
  t.match(await none.listSubscriptions(), { ok: true, value: [] })
})

t.test('subscriptions: create', async (t) => {
  for (const name of fixtureNames('webhooks').filter((fixture) => fixture.includes('subscription-create'))) {
    const { body } = recorded(name)
    const { client, requests } = await answering(t, 201, body)
    t.match(
      await client.createSubscription(REQUEST),
      { ok: true, value: { id: String(JSON.parse(body).id) } },
      name,
    )
    t.match(requests, [{ method: 'POST', url: '/api/v3/push_subscriptions' }])
    t.strictSame(Object.fromEntries(new URLSearchParams(requests[0]?.body)), {
      client_id: '12345',
      client_secret: SECRETS.clientSecret,
      callback_url: REQUEST.callbackUrl,
      verify_token: REQUEST.verifyToken,
    })
  }
})

t.test('create: refused, with what Strava says about it', async (t) => {
  for (const name of fixtureNames('webhooks').filter((fixture) => fixture.includes('subscription-error'))) {
    const { client } = await replaying(t, name)
    t.match(await client.createSubscription(REQUEST), {
      ok: false,
      error: { kind: 'bad_request', faults: [{ resource: 'PushSubscription' }] },
    })
  }
})

t.test('subscriptions: wrong credentials', async (t) => {
  for (const name of [
    'errors/401-application-invalid-2026',
    'errors/400-token-invalid',
    'errors/400-client_id-missing',
  ]) {
    const { client } = await replaying(t, name)
    t.match(await client.listSubscriptions(), { ok: false, error: { kind: 'invalid_client' } })
  }
})

t.test('subscriptions: delete', async (t) => {
  const { client, requests } = await replaying(t, 'webhooks/subscription-delete-204')
  t.match(await client.deleteSubscription('132314'), { ok: true, value: undefined, meta: { status: 204 } })
  t.match(requests, [{ method: 'DELETE', url: `/api/v3/push_subscriptions/132314?${CREDENTIALS}` }])
  const { client: gone } = await answering(t, 404, '{"message":"Record Not Found"}')
  t.match(await gone.deleteSubscription('132314'), { ok: false, error: { kind: 'not_found' } })
})

t.test('subscriptions: what is no subscription is malformed', async (t) => {
  for (const body of ['', '{}', '[{}]', '[{"id":"1"}]', '{"id":1}', '[{"id":1,"callback_url":5}]']) {
    const { client } = await answering(t, 200, body)
    t.match(await client.listSubscriptions(), { ok: false, error: { kind: 'malformed' } }, body)
  }
})
