import { createHmac } from 'node:crypto'
import t from 'tap'
import type { Scope, Simulator } from '../src/index.ts'
import { eventOfChange } from '../src/webhooks/activity-events.ts'
import { at, bearer, call, fixture, form, type Receiver, receiver, simulator, textAt } from './helper.ts'

const READ_ALL: Scope[] = ['read', 'activity:read_all']
const READ: Scope[] = ['read', 'activity:read']

async function subscribed(t: Parameters<typeof simulator>[0], scopes = READ_ALL, target?: Receiver) {
  const hook = target ?? (await receiver(t))
  const strava = await simulator(t, { settings: { webhookRetryDelayMs: 5 } })
  strava.admin.setSubscription({ callbackUrl: hook.url })
  const athlete = strava.admin.createAthlete()
  const tokens = strava.admin.authorizeAthlete(athlete.id, scopes)
  return { strava, hook, athlete, tokens }
}

function subscribe(strava: Simulator, callbackUrl: string, verifyToken = 'VERIFY') {
  return call(
    `${strava.apiUrl}/push_subscriptions`,
    form({
      client_id: strava.clientId,
      client_secret: strava.clientSecret,
      callback_url: callbackUrl,
      verify_token: verifyToken,
    }),
  )
}

/** Aspects and updates of the events received. */
function told(hook: Receiver): unknown[] {
  return hook.events().map((event) => [at(event, 'aspect_type'), at(event, 'updates')])
}

function keysOf(value: unknown): string[] {
  return Object.keys(Object(value)).sort()
}

t.test('subscriptions: handshake, view, one only, delete', async (t) => {
  const strava = await simulator(t)
  const hook = await receiver(t)
  const query = new URLSearchParams({ client_id: strava.clientId, client_secret: strava.clientSecret })
  const url = `${strava.apiUrl}/push_subscriptions`
  t.same((await call(`${url}?${query}`)).body, [])
  const created = await subscribe(strava, `${hook.url}/secret?x=1`)
  t.equal(created.status, 201)
  t.same(keysOf(created.body), keysOf(at(fixture('webhooks/subscription-create-201'), 'body')))
  const [validation] = hook.received
  t.equal(validation?.method, 'GET')
  t.equal(validation?.url.pathname, '/webhook/secret')
  t.match(Object.fromEntries(validation?.url.searchParams ?? []), {
    x: '1',
    'hub.mode': 'subscribe',
    'hub.verify_token': 'VERIFY',
    'hub.challenge': /^[0-9a-f]{32}$/,
  })
  const list = await call(`${url}?${query}`)
  t.same(keysOf(at(list.body, 0)), keysOf(at(fixture('webhooks/subscription-list-200'), 'body', 0)))
  const second = await subscribe(strava, hook.url)
  t.equal(second.status, 400)
  t.match(second.body, refusal('already-exists'))
  const id = textAt(created.body, 'id')
  t.equal((await call(`${url}/1?${query}`, { method: 'DELETE' })).status, 400)
  t.equal((await call(`${url}/${id}?${query}`, { method: 'DELETE' })).status, 204)
  t.equal(strava.admin.subscription(), null)
  t.equal((await subscribe(strava, hook.url)).status, 201)
  t.equal(strava.admin.usage().overall.day, 0, 'none of these calls uses up a limit')
  t.equal((await call(url)).status, 400, 'without credentials')
})

function refusal(name: string): object {
  const recorded = at(fixture(`webhooks/subscription-error-400-${name}`), 'body', 'errors', 0)
  return {
    message: 'Bad Request',
    errors: [{ resource: at(recorded, 'resource'), field: at(recorded, 'field') }],
  }
}

t.test('subscriptions: callbacks that fail the handshake', async (t) => {
  // None of these is refused for being slow.
  const strava = await simulator(t, { settings: { webhookTimeoutMs: 60_000 } })
  const expectRefusal = async (url: string, name: string, code: string) => {
    const answer = await subscribe(strava, url)
    t.equal(answer.status, 400)
    t.match(answer.body, refusal(name))
    t.equal(at(answer.body, 'errors', 0, 'code'), code)
  }
  await expectRefusal('http://127.0.0.1:1/closed', 'callback-not-verifiable', 'not verifiable')
  await expectRefusal('no url', 'callback-not-verifiable', 'not verifiable')
  await expectRefusal(`${strava.url}/nothing`, 'callback-not-200', 'GET to callback URL does not return 200')
  await expectRefusal(`${strava.url}/healthz`, 'callback-not-verifiable', 'not verifiable')
  t.equal((await subscribe(strava, `http://localhost/${'x'.repeat(255)}`)).status, 400)
  t.equal(strava.admin.subscription(), null)
})

t.test('events: create, title, type, several at once, delete', async (t) => {
  const { strava, hook, athlete } = await subscribed(t)
  const { id } = strava.admin.createActivity(athlete.id, { name: 'First', sportType: 'Run' })
  strava.admin.updateActivity(id, { name: 'A new title' })
  strava.admin.updateActivity(id, { sportType: 'Ride' })
  strava.admin.updateActivity(id, { name: 'Another', visibility: 'only_me' })
  strava.admin.updateActivity(id, { distanceMeters: 5, description: 'x', startDate: '2020-01-01T00:00:00Z' })
  strava.admin.updateActivity(id, { name: 'Another' })
  strava.admin.deleteActivity(id)
  await strava.admin.idle()
  t.same(told(hook), [
    ['create', {}],
    ['update', { title: 'A new title' }],
    ['update', { type: 'Ride' }],
    ['update', { title: 'Another', private: 'true' }],
    ['delete', {}],
  ])
  const [create] = hook.events()
  t.same(keysOf(create), keysOf(fixture('webhooks/event-create-real-2023-anonymised')))
  t.equal(textAt(create, 'object_id'), id)
  t.equal(textAt(create, 'owner_id'), athlete.id)
  t.equal(at(create, 'subscription_id'), strava.admin.subscription()?.id)
  t.equal(at(create, 'event_time'), Math.floor(strava.admin.now() / 1000))
  t.match(hook.received[0]?.headers, { 'content-type': 'application/json' })
  t.equal(hook.received[0]?.headers['x-strava-signature'], undefined)
})

t.test('webhooks: the updates are shaped as in the documents', async (t) => {
  const scopes = READ_ALL
  const edited = { kind: 'edited', wasPrivate: false, isPrivate: false } as const
  const updates = (name: string) => at(fixture(`webhooks/event-${name}`), 'updates')
  t.same(
    eventOfChange({ ...edited, title: 'A new title' }, scopes)?.updates,
    updates('update-title-real-2023'),
  )
  t.same(eventOfChange({ ...edited, type: 'Ride' }, scopes)?.updates, updates('update-type-constructed'))
  t.same(
    eventOfChange({ ...edited, isPrivate: true }, scopes)?.updates,
    updates('update-private-true-constructed'),
  )
  t.same(
    eventOfChange({ ...edited, title: 'A new title', isPrivate: true }, scopes)?.updates,
    updates('update-title-and-private-constructed'),
  )
  t.same(eventOfChange({ kind: 'deleted', isPrivate: false }, scopes)?.updates, updates('delete-constructed'))
})

t.test('hiding and showing: update with read_all, delete and create without', async (t) => {
  const all = await subscribed(t, READ_ALL)
  const some = await subscribed(t, READ)
  for (const { strava, athlete } of [all, some]) {
    const { id } = strava.admin.createActivity(athlete.id)
    strava.admin.hideActivity(id)
    strava.admin.updateActivity(id, { name: 'hidden' })
    strava.admin.unhideActivity(id)
    strava.admin.updateActivity(id, { visibility: 'followers_only' })
    const secret = strava.admin.createActivity(athlete.id, { visibility: 'only_me' })
    strava.admin.deleteActivity(secret.id)
    await strava.admin.idle()
  }
  t.same(told(all.hook), [
    ['create', {}],
    ['update', { private: 'true' }],
    ['update', { title: 'hidden' }],
    ['update', { private: 'false' }],
    ['create', {}],
    ['delete', {}],
  ])
  t.same(told(some.hook), [
    ['create', {}],
    ['delete', {}],
    ['create', {}],
  ])
})

t.test('no grant, no scope, no subscription: no event', async (t) => {
  const { strava, hook, athlete } = await subscribed(t, ['read'])
  strava.admin.createActivity(athlete.id)
  strava.admin.createActivity(strava.admin.createAthlete().id)
  strava.admin.deauthorizeAthlete(strava.admin.createAthlete().id)
  await strava.admin.idle()
  t.same(hook.events(), [])
  strava.admin.setSubscription(null)
  strava.admin.deauthorizeAthlete(athlete.id)
  await strava.admin.idle()
  t.same(hook.received, [])
})

t.test('webhooks: every way to disconnect sends the deauthorization', async (t) => {
  const { strava, hook, athlete, tokens } = await subscribed(t)
  strava.admin.deauthorizeAthlete(athlete.id)
  const again = strava.admin.authorizeAthlete(athlete.id)
  t.not(again.accessToken, tokens.accessToken)
  await call(`${strava.oauthUrl}/deauthorize`, { method: 'POST', ...bearer(again.accessToken) })
  const third = strava.admin.authorizeAthlete(athlete.id)
  const basic = Buffer.from(`${strava.clientId}:${strava.clientSecret}`).toString('base64')
  const revoke = () =>
    call(
      `${strava.oauthUrl}/revoke`,
      form({ token: third.refreshToken }, { authorization: `Basic ${basic}` }),
    )
  await revoke()
  await revoke()
  await strava.admin.idle()
  t.equal(hook.events().length, 3)
  const recorded = fixture('webhooks/event-deauthorize-real-2026')
  for (const event of hook.events()) {
    t.same(keysOf(event), keysOf(recorded))
    t.same(at(event, 'updates'), at(recorded, 'updates'))
    t.match(event, { object_type: 'athlete', aspect_type: 'update' })
    t.equal(textAt(event, 'object_id'), athlete.id)
    t.equal(textAt(event, 'owner_id'), athlete.id)
  }
})

t.test('webhooks: three attempts, then never again; 200 alone is an acknowledgement', async (t) => {
  const statuses = [500, 204, 503, 302, 200]
  const hook = await receiver(t, (_received, response, count) => {
    response.statusCode = statuses[count - 1] ?? 200
    response.end()
  })
  const { strava, athlete } = await subscribed(t, READ_ALL, hook)
  strava.admin.createActivity(athlete.id)
  await strava.admin.idle()
  t.equal(hook.events().length, 3)
  strava.admin.createActivity(athlete.id)
  await strava.admin.idle()
  t.match(strava.admin.deliveries(), [
    { outcome: 'failed', attempts: [{ status: 500 }, { status: 204 }, { status: 503 }] },
    { outcome: 'delivered', attempts: [{ status: 302 }, { status: 200 }] },
  ])
})

t.test('webhooks: an answer that is too late is none', async (t) => {
  let ample = () => {}
  const hook = await receiver(t, (_received, response, count) => {
    if (count > 1) response.end()
    else ample()
  })
  const { strava, athlete } = await subscribed(t, READ_ALL, hook)
  // Only the first attempt is to be late, however slow the machine.
  ample = () => strava.admin.configure({ webhookTimeoutMs: 60_000 })
  strava.admin.configure({ webhookTimeoutMs: 500 })
  strava.admin.createActivity(athlete.id)
  await strava.admin.idle()
  t.match(strava.admin.deliveries(), [
    { outcome: 'delivered', attempts: [{ status: null }, { status: 200 }] },
  ])
})

t.test('webhooks: events of one athlete arrive in order', async (t) => {
  const { strava, hook, athlete } = await subscribed(t)
  const ids = Array.from({ length: 20 }, () => strava.admin.createActivity(athlete.id).id)
  await strava.admin.idle()
  t.same(
    hook.events().map((event) => textAt(event, 'object_id')),
    ids,
  )
})

t.test('webhook faults: lost, doubled, reordered, late', async (t) => {
  const { strava, hook, athlete } = await subscribed(t)
  const create = (name: string) => strava.admin.createActivity(athlete.id, { name }).id
  const objects = () => hook.events().map((event) => textAt(event, 'object_id'))
  strava.admin.addWebhookFault({ kind: 'lost', count: 1 })
  create('lost')
  strava.admin.addWebhookFault({ kind: 'doubled', copies: 3, count: 1 })
  const tripled = create('tripled')
  await strava.admin.idle()
  t.same(objects(), [tripled, tripled, tripled])
  strava.admin.addWebhookFault({ kind: 'reordered', count: 1 })
  const overtaken = create('overtaken')
  const overtaking = create('overtaking')
  await strava.admin.idle()
  t.same(objects().slice(3), [overtaking, overtaken])
  strava.admin.addWebhookFault({ kind: 'late', delayMs: 30, aspectType: 'create', count: 1 })
  const late = create('late')
  const punctual = create('punctual')
  await strava.admin.idle()
  t.same(objects().slice(5), [punctual, late])
  strava.admin.addWebhookFault({ kind: 'reordered', athleteId: athlete.id })
  const held = create('held')
  await strava.admin.idle()
  t.same(objects().slice(7), [held], 'idle lets go what is held')
  t.match(strava.admin.webhookFaults(), [{ kind: 'reordered', hits: 1 }])
  strava.admin.clearWebhookFaults()
  t.same(strava.admin.webhookFaults(), [])
  t.equal(strava.admin.deliveries()[0]?.outcome, 'lost')
})

t.test('webhooks: the signature', async (t) => {
  const { strava, hook, athlete } = await subscribed(t)
  strava.admin.configure({ webhookSigningSecret: 'signing-secret' })
  strava.admin.createActivity(athlete.id)
  await strava.admin.idle()
  const [received] = hook.received
  const header = String(received?.headers['x-strava-signature'])
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? []
  const signed = createHmac('sha256', 'signing-secret').update(`${seconds}.${received?.body}`).digest('hex')
  t.equal(digest, signed)
})

t.test('events made by hand: any kind, any subscription, ids beyond 2^53 kept', async (t) => {
  const { strava, hook } = await subscribed(t)
  strava.admin.sendEvent({
    objectType: 'route',
    aspectType: 'archive',
    objectId: '9223372036854775807',
    ownerId: '1',
    subscriptionId: 7,
    eventTime: 5,
  })
  await strava.admin.idle()
  t.match(hook.received[0]?.body, '"object_id":9223372036854775807,')
  t.match(hook.events()[0], {
    object_type: 'route',
    aspect_type: 'archive',
    subscription_id: 7,
    event_time: 5,
  })
})

t.test('webhooks: closing forgets what waits for a retry', async (t) => {
  const hook = await receiver(t, (_received, response) => {
    response.statusCode = 500
    response.end()
  })
  const { strava, athlete } = await subscribed(t, READ_ALL, hook)
  strava.admin.configure({ webhookRetryDelayMs: 600_000 })
  strava.admin.createActivity(athlete.id)
  const idle = strava.admin.idle()
  await strava.close()
  await idle
  t.same(strava.admin.deliveries(), [])
})
