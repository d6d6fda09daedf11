import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { testNats } from '@ikigai/testkit'
import { connect, type NatsConnection } from 'nats'
import { pino } from 'pino'
import t from 'tap'
import {
  connectBus,
  ensureTeamConsumer,
  INTERNAL,
  inboxPrefixOf,
  NATS_USERS,
  type NatsUser,
  natsConfig,
  PERMISSIONS,
  provision,
  provisionStreams,
  STREAMS,
  teamOfSubject,
  teamSubject,
} from '../src/index.ts'

const streams = Object.values(STREAMS)

/** What a user tries to publish to, and who may. */
const PUBLISHING: Readonly<Record<string, readonly NatsUser[]>> = {
  'ikigai.v1.strava.activity.create.7': ['ingest', 'operator'],
  'ikigai.v1.fetch.signup.7': ['auth', 'operator'],
  'ikigai.v1.fetch.resync.7': ['auth', 'ingest', 'operator'],
  'ikigai.v1.fetch.viewed.7': ['gateway', 'operator'],
  'ikigai.v1.fetch.replay.7': ['operator'],
  'ikigai.v1.event.activity.created.7': ['auth', 'fetcher'],
  'ikigai.v1.dead.fetch.7': ['auth', 'fetcher'],
  'ikigai.v1.api.activity.random': ['operator'],
  'ikigai.v1.other': [],
  [INTERNAL.grantToken]: ['fetcher'],
  [INTERNAL.grantVerify]: ['fetcher'],
  [INTERNAL.grantProof]: ['fetcher'],
  [INTERNAL.athleteDisconnect]: ['gateway', 'operator'],
  [INTERNAL.appAdd]: ['operator'],
  [INTERNAL.appList]: ['operator'],
  [INTERNAL.appRotate]: ['operator'],
  [INTERNAL.appRemove]: ['operator'],
  [INTERNAL.appDisconnect]: ['gateway'],
  [INTERNAL.tokenCreate]: ['gateway'],
  [INTERNAL.tokenEnd]: ['gateway'],
  [INTERNAL.athletePresent]: ['gateway'],
  [INTERNAL.fetchWake]: ['fetcher'],
  [INTERNAL.stravaFailed]: ['auth'],
  [INTERNAL.sessionRevoked]: ['auth'],
  '$SRV.PING': ['operator'],
  '$JS.API.STREAM.NAMES': ['operator'],
  '$JS.API.STREAM.DELETE.EVENTS': [],
  '$JS.API.STREAM.PURGE.EVENTS': ['auth'],
  '$JS.API.STREAM.PURGE.DEAD': ['auth', 'operator'],
  '$JS.API.STREAM.MSG.DELETE.EVENTS': [],
  '$JS.API.STREAM.MSG.DELETE.STRAVA_EVENTS': ['fetcher'],
  '$JS.API.STREAM.MSG.GET.EVENTS': ['operator'],
  '$JS.API.STREAM.MSG.GET.FETCH': ['operator'],
  '$JS.API.STREAM.MSG.GET.STRAVA_EVENTS': ['operator'],
  '$JS.API.DIRECT.GET.EVENTS': [],
  '$JS.API.STREAM.CREATE.THEIRS': [],
  '$JS.API.STREAM.UPDATE.EVENTS': ['fetcher'],
  '$JS.API.STREAM.UPDATE.FETCH': ['fetcher'],
  // A stream that keeps what is sent to an inbox would show the access tokens in it.
  '$JS.API.STREAM.CREATE.DEAD': ['fetcher'],
  '$JS.API.STREAM.SNAPSHOT.EVENTS': [],
  '$JS.API.CONSUMER.MSG.NEXT.FETCH.fetcher': ['fetcher'],
  '$JS.API.CONSUMER.MSG.NEXT.STRAVA_EVENTS.fetcher': ['fetcher'],
  '$JS.API.CONSUMER.MSG.NEXT.EVENTS.its-own': ['gateway', 'auth'],
  '$JS.API.CONSUMER.MSG.NEXT.DEAD.browser': ['operator'],
  '$JS.API.CONSUMER.CREATE.EVENTS.its-own.x': ['gateway', 'auth', 'fetcher', 'operator'],
  '$JS.API.CONSUMER.CREATE.FETCH.its-own.x': ['fetcher'],
  '$JS.API.CONSUMER.DELETE.FETCH.fetcher': [],
  '$JS.API.CONSUMER.DELETE.EVENTS.team': ['gateway', 'auth', 'operator'],
  '$JS.ACK.FETCH.fetcher.1.1.1.1.0': ['fetcher'],
  '$SYS.REQ.SERVER.PING': [],
}

/** What a user tries to listen to, and who may. */
const LISTENING: Readonly<Record<string, readonly NatsUser[]>> = {
  '>': [],
  'ikigai.>': [],
  'ikigai.v1.strava.>': [],
  'ikigai.v1.fetch.>': [],
  'ikigai.v1.event.>': [],
  'ikigai.v1.api.activity.random': ['gateway'],
  [INTERNAL.grantToken]: ['auth'],
  [INTERNAL.athleteDisconnect]: ['auth'],
  [INTERNAL.athletePresent]: ['fetcher'],
  [INTERNAL.fetchWake]: ['fetcher'],
  [INTERNAL.stravaFailed]: ['fetcher'],
  [INTERNAL.sessionRevoked]: ['gateway'],
  '$SRV.PING': ['gateway', 'auth'],
  '$JS.>': [],
  '_R_.>': [],
  '_INBOX.>': [],
  ...Object.fromEntries(NATS_USERS.map((user) => [`${inboxPrefixOf(user)}.>`, [user]])),
}

/** Tells whether the server refuses what `act` does: it says so before it answers the ping that follows. */
function refusalsOf(nc: NatsConnection): (act: () => void) => Promise<boolean> {
  let refusals = 0
  const watch = async () => {
    for await (const { type, data } of nc.status()) {
      if (type === 'error' && String(data) === 'PERMISSIONS_VIOLATION') refusals += 1
    }
  }
  void watch()
  return async (act) => {
    const before = refusals
    act()
    await nc.flush()
    await setImmediate()
    return refusals > before
  }
}

t.test('permissions: the file in deploy/ is what the code says', async (t) => {
  const file = await readFile(new URL('../../../deploy/nats.conf', import.meta.url), 'utf8')
  t.equal(natsConfig({ password: (user) => `$${user.toUpperCase()}_NATS_PASSWORD` }), file)
})

t.test('permissions: every internal subject has a service that may answer it', async (t) => {
  for (const subject of Object.values(INTERNAL)) {
    t.ok(
      NATS_USERS.some((user) => PERMISSIONS[user].subscribe.includes(subject)),
      subject,
    )
    t.ok(subject in PUBLISHING, `${subject} is tried below`)
  }
})

t.test('permissions: users within', async (t) => {
  const nats = await testNats(t, { users: true })
  const connectAs = async (user: NatsUser) => {
    const { password } = nats.credentialsOf(user)
    const nc = await connect({ servers: nats.url, user, pass: password, inboxPrefix: inboxPrefixOf(user) })
    t.teardown(() => nc.close())
    return nc
  }

  t.test('each may do what the list says, and nothing else', async (t) => {
    for (const user of NATS_USERS) {
      const nc = await connectAs(user)
      const isRefused = refusalsOf(nc)
      for (const [subject, allowed] of Object.entries(PUBLISHING)) {
        const refused = await isRefused(() => nc.publish(subject))
        t.equal(refused, !allowed.includes(user), `${user} publishes to ${subject}`)
      }
      for (const [subject, allowed] of Object.entries(LISTENING)) {
        const refused = await isRefused(() => void nc.subscribe(subject, { callback: () => {} }))
        t.equal(refused, !allowed.includes(user), `${user} listens to ${subject}`)
      }
    }
  })

  t.test('a wrong password is refused', async (t) => {
    await t.rejects(connect({ servers: nats.url, user: 'fetcher', pass: 'wrong' }), {
      code: 'AUTHORIZATION_VIOLATION',
    })
  })

  t.test('who may not provision waits for who may', async (t) => {
    const busOf = async (user: NatsUser) => {
      const { password } = nats.credentialsOf(user)
      const bus = await connectBus({
        servers: [nats.url.replace('//', `//${user}:${password}@`)],
        name: user,
        logger: pino({ level: 'silent' }),
      })
      t.teardown(() => bus.close())
      return bus
    }
    const [ingest, auth, fetcher] = await Promise.all([busOf('ingest'), busOf('auth'), busOf('fetcher')])
    await t.rejects(provisionStreams(ingest, { waitMs: 0 }), {
      name: 'StreamsMissingError',
      message: /STRAVA_EVENTS does not exist, and this NATS user may not change that/,
    })
    const waiting = provisionStreams(auth)
    await provision(fetcher)
    await waiting
    await provision(fetcher)
  })
})

t.test('permissions: another team', async (t) => {
  const nats = await testNats(t, { users: true })
  const ours = await connect({ servers: nats.url })
  const { user, password } = nats.credentialsOf('team')
  const team = await connect({ servers: nats.url, user, pass: password })
  t.teardown(() => Promise.all([ours.close(), team.close()]))
  const bus = await connectBus({ servers: [nats.url], name: 'test', logger: pino({ level: 'silent' }) })
  await provision(bus)
  await ensureTeamConsumer(bus, 'team')
  await bus.close()
  const service = await ours.services.add({ name: 'ikigai-api', version: '0.0.1' })
  service.addEndpoint('x', {
    subject: teamSubject('ikigai.v1.api.x', '*'),
    handler: (_error, message) => message.respond(`yes, ${teamOfSubject(message.subject)}`),
  })
  for (const id of [1, 2])
    await ours.jetstream().publish(`ikigai.v1.event.activity.created.${id}`, `event ${id}`)

  t.test('asks the API and finds its services', async (t) => {
    t.equal((await team.request('ikigai.v1.api.x', '', { timeout: 20_000 })).string(), 'yes, team')
    const found: string[] = []
    for await (const { name } of await team.services.client().ping()) found.push(name)
    t.same(found, ['ikigai-api'])
  })

  t.test('reads the events through its consumer', async (t) => {
    await team.jetstreamManager()
    const consumer = await team.jetstream().consumers.get('EVENTS', 'team')
    const read: string[] = []
    for await (const message of await consumer.fetch({ max_messages: 2 })) {
      read.push(message.string())
      await message.ackAck()
    }
    t.same(read, ['event 1', 'event 2'])
    t.equal((await consumer.info()).num_ack_pending, 0)
  })

  t.test('reaches nothing else', async (t) => {
    const seen: string[] = []
    for (const subject of [
      'ikigai.v1.internal.>',
      'ikigai.v1.fetch.>',
      'ikigai.v1.event.>',
      'ikigai.v1.strava.>',
      teamSubject('ikigai.v1.api.x', 'other'),
    ]) {
      ours.subscribe(subject, { callback: (_error, message) => seen.push(message.subject) })
    }
    await ours.flush()
    const overheard: string[] = []
    team.subscribe('ikigai.v1.>', { callback: (_error, message) => overheard.push(message.string()) })
    await team.flush()
    await ours.jetstream().publish('ikigai.v1.event.activity.created.3', 'event 3')
    await team.flush()
    t.same(overheard, [], 'what others publish is not heard')
    for (const subject of [
      ...Object.values(INTERNAL),
      'ikigai.v1.event.activity.created.9',
      'ikigai.v1.fetch.signup.9',
      teamSubject('ikigai.v1.api.x', 'other'),
    ]) {
      team.publish(subject, 'forged')
    }
    // What the server or a service would send on, were these replies of our account.
    team.publish('ikigai.v1.api.x', '', { reply: INTERNAL.sessionRevoked })
    team.publish(`$JS.API.CONSUMER.MSG.NEXT.EVENTS.team`, '1', {
      reply: 'ikigai.v1.fetch.signup.9',
    })
    const requests = [
      ...streams.flatMap((stream) =>
        ['DELETE', 'PURGE', 'UPDATE', 'MSG.GET', 'MSG.DELETE'].map(
          (act) => `$JS.API.STREAM.${act}.${stream}`,
        ),
      ),
      ...['FETCH', 'STRAVA_EVENTS', 'DEAD'].map((stream) => `$JS.API.STREAM.INFO.${stream}`),
      '$JS.API.STREAM.NAMES',
      '$JS.API.STREAM.CREATE.THEIRS',
      '$JS.API.CONSUMER.CREATE.EVENTS.theirs',
      `$JS.API.CONSUMER.DELETE.EVENTS.team`,
      '$JS.API.CONSUMER.MSG.NEXT.FETCH.fetcher',
      '$JS.API.CONSUMER.MSG.NEXT.EVENTS.other',
      '$JS.API.CONSUMER.INFO.EVENTS.other',
      '$JS.API.DIRECT.GET.EVENTS',
    ]
    for (const subject of requests) await t.rejects(team.request(subject), { code: '503' }, subject)
    await ours.flush()
    t.same(seen, ['ikigai.v1.event.activity.created.3'])
  })
})
