import { type Simulator, type SimulatorOptions, startSimulator } from '@ikigai/simulator'
import t, { type Test } from 'tap'
import { createStravaClient, eventKey, parseWebhookEvent } from '../src/index.ts'
import { localServer, succeeded } from './support.ts'

const NOW = Date.parse('2026-11-23T10:07:00Z')

/** A simulator whose clock stands still, and a client of it. */
async function simulated(t: Test, options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ clock: { now: () => NOW }, ...options })
  t.teardown(() => simulator.close())
  return { simulator, admin: simulator.admin, client: clientOf(simulator) }
}

function clientOf(
  { apiUrl, oauthUrl, clientId, clientSecret }: Simulator,
  revokePath: 'revoke' | 'deauthorize' = 'revoke',
) {
  return createStravaClient({ apiUrl, oauthUrl, clientId, clientSecret, revokePath })
}

t.test('simulator: a history is walked by start times, each activity once', async (t) => {
  const { admin, client } = await simulated(t)
  const athlete = admin.createAthlete({ activities: 450, sharedStartSeconds: 5 })
  const { accessToken } = admin.authorizeAthlete(athlete.id)
  const seen = new Set<string>()
  for (let before: number | undefined; ; ) {
    const result = await client.listActivities(accessToken, {
      perPage: 200,
      before,
    })
    const { activities, skipped } = succeeded(result)
    t.equal(skipped, 0)
    t.match(result.meta, {
      status: 200,
      usage: { read: { quarterHour: { limit: 100 }, day: { limit: 1000 } } },
    })
    const fresh = activities.filter(({ id }) => !seen.has(id))
    if (fresh.length === 0) break
    for (const { id } of fresh) seen.add(id)
    before = Math.min(...activities.map(({ startDate }) => startDate.getTime() / 1_000)) + 1
  }
  t.strictSame(
    [...seen].sort(),
    admin
      .activities(athlete.id)
      .map(({ id }) => id)
      .sort(),
  )
  t.equal(admin.usage().read.fifteenMinutes, admin.calls().length)
})

t.test('simulator: an activity in detail, to the last digit; a deleted one; a hidden one', async (t) => {
  const { admin, client } = await simulated(t)
  const athlete = admin.createAthlete({ activities: 3, privateShare: 0 })
  const { accessToken } = admin.authorizeAthlete(athlete.id, ['read', 'activity:read'])
  const [first, second, third] = admin.activities(athlete.id).map(({ id }) => id)
  if (first === undefined || second === undefined || third === undefined) throw new Error('three activities')
  const detail = succeeded(await client.getActivity(accessToken, first))
  t.equal(detail.rawText, admin.activityText(first, 'detailed'))
  t.match(detail, { id: first, athleteId: athlete.id })
  admin.deleteActivity(second)
  t.match(await client.getActivity(accessToken, second), { error: { kind: 'not_found' } })
  admin.hideActivity(third)
  t.match(await client.getActivity(accessToken, third), { error: { kind: 'not_found' } })
})

t.test('simulated grant: refreshed with rotation, and ended both ways', async (t) => {
  const { simulator, admin, client } = await simulated(t)
  const athlete = admin.createAthlete()
  const tokens = admin.authorizeAthlete(athlete.id)
  t.match(await client.getAthlete(tokens.accessToken), { value: { id: athlete.id } })
  const renewed = succeeded(await client.refreshToken(tokens.refreshToken))
  t.not(renewed.refreshToken, tokens.refreshToken)
  t.match(
    await client.refreshToken(tokens.refreshToken),
    { error: { kind: 'invalid_grant' } },
    'the older is void',
  )

  t.match(await client.revoke(renewed.refreshToken), { ok: true })
  t.match(await client.revoke(renewed.refreshToken), { ok: true }, 'again')
  t.match(await client.getAthlete(renewed.accessToken), { error: { kind: 'unauthorized' } })

  const legacy = clientOf(simulator, 'deauthorize')
  const { accessToken } = admin.authorizeAthlete(athlete.id)
  t.match(await legacy.revoke(accessToken), { ok: true })
  t.match(await legacy.revoke(accessToken), { error: { kind: 'unauthorized' } })
})

t.test('simulator: every way to be refused', async (t) => {
  const { simulator, admin, client } = await simulated(t)
  const athlete = admin.createAthlete({ activities: 1 })
  const { accessToken, refreshToken } = admin.authorizeAthlete(athlete.id, ['read'])
  const list = (token = accessToken) => client.listActivities(token, { perPage: 1 })
  t.match(await list(), { error: { kind: 'scope_missing', field: 'activity:read_permission' } })
  t.match(await list('nonsense'), { error: { kind: 'unauthorized' }, meta: { usage: undefined } })
  const after = Math.floor(NOW / 1_000) + 3_600
  const { accessToken: full } = admin.authorizeAthlete(athlete.id, ['read', 'activity:read_all'])
  t.match(await client.listActivities(full, { perPage: 1, after }), { error: { kind: 'bad_request' } })

  const stranger = createStravaClient({ ...simulator, clientSecret: 'wrong', revokePath: 'revoke' })
  t.match(await stranger.refreshToken(refreshToken), { error: { kind: 'invalid_client' } })
  t.match(await stranger.revoke(refreshToken), { error: { kind: 'invalid_client' } })
  t.match(await stranger.listSubscriptions(), { error: { kind: 'invalid_client' } })

  admin.configure({ applicationActive: false })
  t.match(await list(full), { error: { kind: 'application_inactive' } })
})

t.test('simulator: the limit used up', async (t) => {
  const { admin, client } = await simulated(t, { settings: { retryAfter: true } })
  const { accessToken } = admin.authorizeAthlete(admin.createAthlete().id)
  const { read } = admin.limits()
  admin.setUsage({
    read: { fifteenMinutes: read.fifteenMinutes, day: 500 },
    overall: { fifteenMinutes: 100, day: 500 },
  })
  const result = await client.getAthlete(accessToken)
  t.match(result, {
    error: {
      kind: 'rate_limited',
      retryAfterMs: 8 * 60_000,
      usage: { read: { quarterHour: { limit: 100 } } },
    },
  })
})

t.test('simulator: injected faults', async (t) => {
  const { admin, client } = await simulated(t)
  const { accessToken } = admin.authorizeAthlete(admin.createAthlete().id)
  const faults = [
    [{ kind: 'error', status: 503 }, { error: { kind: 'unavailable', status: 503 } }],
    [{ kind: 'error', status: 597 }, { error: { kind: 'unavailable', status: 597 } }],
    [{ kind: 'html', status: 403 }, { error: { kind: 'forbidden' } }],
    [{ kind: 'html', status: 200 }, { error: { kind: 'unavailable', status: 200 } }],
    [{ kind: 'html', status: 401 }, { error: { kind: 'unavailable', status: 401 } }],
    [{ kind: 'drop' }, { error: { kind: 'network', sent: true } }],
    [{ kind: 'lost-response' }, { error: { kind: 'network', sent: true } }],
    [{ kind: 'truncate' }, { error: { kind: 'network', sent: true }, meta: { status: 200 } }],
    [
      { kind: 'limit-headers', value: null },
      { ok: true, meta: { usage: undefined } },
    ],
    [
      { kind: 'limit-headers', value: ',' },
      { ok: true, meta: { usage: undefined } },
    ],
  ] as const
  for (const [fault, result] of faults) {
    admin.addFault({ ...fault, count: 1 })
    t.match(await client.getAthlete(accessToken), result, JSON.stringify(fault))
  }
})

t.test('simulator: a subscription, and the events that it brings', async (t) => {
  const { simulator, admin, client } = await simulated(t)
  const { url, requests } = await localServer(t, (response, request) => {
    const challenge = new URL(request.url ?? '', 'http://x').searchParams.get('hub.challenge')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ 'hub.challenge': challenge }))
  })
  t.strictSame(succeeded(await client.listSubscriptions()), [])
  const request = { callbackUrl: `${url}/hook`, verifyToken: 'verify' }
  const subscription = succeeded(await client.createSubscription(request))
  t.strictSame(succeeded(await client.listSubscriptions()), [subscription])
  t.equal(subscription.callbackUrl, request.callbackUrl)
  t.match(await client.createSubscription(request), {
    error: { kind: 'bad_request', faults: [{ resource: 'PushSubscription' }] },
  })

  const athlete = admin.createAthlete()
  admin.authorizeAthlete(athlete.id, ['read', 'activity:read_all'])
  const { id } = admin.createActivity(athlete.id)
  admin.updateActivity(id, { name: 'A new title' })
  admin.deleteActivity(id)
  admin.deauthorizeAthlete(athlete.id)
  await admin.idle()
  const results = requests
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => parseWebhookEvent(body))
  const events = results.flatMap((result) => (result.ok ? [result.event] : []))
  const owner = { ownerId: athlete.id, eventTime: NOW / 1_000 }
  const expected = [
    { objectType: 'activity', objectId: id, aspectType: 'create', updates: {}, ...owner },
    {
      objectType: 'activity',
      objectId: id,
      aspectType: 'update',
      updates: { title: 'A new title' },
      ...owner,
    },
    { objectType: 'activity', objectId: id, aspectType: 'delete', updates: {}, ...owner },
    {
      objectType: 'athlete',
      objectId: athlete.id,
      aspectType: 'update',
      updates: { authorized: 'false' },
      ...owner,
    },
  ]
  t.equal(events.length, expected.length)
  for (const event of expected)
    t.ok(
      events.some((received) => eventKey(received) === eventKey(event)),
      JSON.stringify(event),
    )
  t.ok(events.every(({ subscriptionId }) => subscriptionId === subscription.id))
  t.match(await client.deleteSubscription(subscription.id), { ok: true })
  t.equal(simulator.admin.subscription(), null)
})
