import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { captureLogs, eventually, TestClock } from '@ikigai/testkit'
import t from 'tap'
import { Type } from 'typebox'
import {
  createAdminServer,
  createHttp,
  createLogger,
  createRegistry,
  DependencyUnavailableError,
  describeError,
  measureHttp,
  Problem,
  runPeriodically,
  systemClock,
  waitForDependency,
  withoutSecrets,
} from '../src/index.ts'

const logs = captureLogs()
const logger = createLogger({ service: 'test', level: 'debug', destination: logs })
t.beforeEach(() => logs.clear())

t.test('chassis: a log line has its service, time and level by name, and no secret', async (t) => {
  const SECRET = 'S3CR3T'
  for (const field of [
    'access_token',
    'refreshToken',
    'authorization',
    'cookie',
    'password',
    'token',
    'code',
  ]) {
    logger.info({ [field]: SECRET, one: { [field]: SECRET, two: { [field]: SECRET } } }, 'line')
  }
  logger.error({
    err: new Error(`refused: refresh_token=${SECRET}&x=1`, { cause: new Error(`Bearer ${SECRET}`) }),
  })
  logger.error(new Error(`code=${SECRET}`))
  logger.warn({ err: `postgres://ikigai:${SECRET}@host/db` })
  t.notMatch(logs.text(), SECRET)
  t.match(logs.lines()[0], { level: 'info', service: 'test', msg: 'line', access_token: '[redacted]' })
  t.match(logs.lines()[0]?.['time'], /^\d{4}-\d\d-\d\dT/)
  logger.trace('below the level')
  t.equal(logs.lines().length, 10)
})

t.test('chassis: texts lose what may be secret, and keep the rest', async (t) => {
  const cases = {
    'Failed query: select 1\nparams: a,b': 'Failed query: select 1',
    'GET /callback?state=abc&code=def&scope=read':
      'GET /callback?state=[redacted]&code=[redacted]&scope=read',
    '{"client_secret":"abc","id":1}': '{"client_secret":"[redacted]","id":1}',
    'Authorization: Basic dXNlcjpwYXNz': 'Authorization: Basic [redacted]',
    'nats://user:pass@host:4222': 'nats://[redacted]@host:4222',
    '/webhooks/strava/abcdef?x=1': '/webhooks/strava/[redacted]?x=1',
    'nothing of the kind': 'nothing of the kind',
  }
  for (const [text, clean] of Object.entries(cases)) t.equal(withoutSecrets(text), clean)
  t.equal(describeError('token=abc').message, 'token=[redacted]')
  const endless = new Error('x'.repeat(5_000))
  endless.cause = endless
  t.ok(JSON.stringify(describeError(endless)).length < 20_000)
})

t.test('chassis: every error is a problem', async (t) => {
  const app = createHttp({ logger, bodyLimit: 10 })
  t.teardown(() => app.close())
  const thrown = {
    status: 418,
    slug: 'teapot',
    title: 'Teapot',
    detail: 'Short and stout.',
    extensions: { n: 1 },
  }
  app.get('/problem', async () => {
    throw new Problem({ ...thrown, headers: { 'retry-after': '5' } })
  })
  app.get('/fails', async () => {
    throw new Error('token=swordfish of the inside')
  })
  app.get('/typed', { schema: { querystring: Type.Object({ n: Type.Integer() }) } }, async () => ({}))
  app.post('/body', async () => ({}))
  const problem = await app.inject('/problem')
  t.match(problem.json(), { type: '/problems/teapot', title: 'Teapot', status: 418, n: 1 })
  t.equal(problem.headers['retry-after'], '5')
  const internal = await app.inject('/fails')
  t.match(internal.json(), {
    type: '/problems/internal',
    status: 500,
    request_id: internal.headers['x-request-id'],
  })
  t.notMatch(internal.body, 'inside')
  t.match(logs.text(), 'request failed')
  t.notMatch(logs.text(), 'swordfish')
  t.match((await app.inject('/typed?n=x')).json(), { status: 400, errors: [{ pointer: '/querystring/n' }] })
  t.match((await app.inject('/nowhere')).json(), { type: '/problems/not-found', status: 404 })
  const json = { 'content-type': 'application/json' }
  const statuses = await Promise.all([
    app.inject({ method: 'POST', url: '/body', headers: json, body: '{"a":12345678}' }),
    app.inject({ method: 'POST', url: '/body', headers: json, body: '{' }),
    app.inject({ method: 'POST', url: '/body', headers: { 'content-type': 'text/x' }, body: 'x' }),
    app.inject('/%zz'),
  ])
  t.same(
    statuses.map(({ statusCode }) => statusCode),
    [413, 400, 415, 400],
  )
  for (const { headers } of statuses) t.match(headers['content-type'], 'application/problem+json')
})

t.test('chassis: a request’s id is ours, and its line names the route and not the address', async (t) => {
  const app = createHttp({ logger })
  t.teardown(() => app.close())
  const registry = createRegistry('test')
  measureHttp(app, registry)
  app.get('/things/:id', async () => ({}))
  const first = await app.inject({
    url: '/things/the-very-thing?token=x',
    headers: { 'x-request-id': 'theirs' },
  })
  t.not(first.headers['x-request-id'], 'theirs')
  await eventually(() => logs.lines().some(({ msg }) => msg === 'request'))
  t.match(logs.lines().at(-1), { method: 'GET', route: '/things/:id', status: 200 })
  t.notMatch(logs.text(), 'very-thing')
  t.match(
    await registry.metrics(),
    /ikigai_http_request_duration_seconds_count\{.*route="\/things\/:id",status="200"/,
  )
})

t.test(
  'close: a request on a kept-alive connection is answered before the connection is closed',
  async (t) => {
    const app = createHttp({ logger })
    app.get('/', async () => ({ answered: true }))
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let closeBegun = false
    app.addHook('preClose', async () => {
      closeBegun = true
      await held
    })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    await (await fetch(url)).text()
    const closing = app.close()
    await eventually(() => closeBegun)
    const response = await fetch(url)
    t.equal(response.status, 200)
    t.same(await response.json(), { answered: true })
    t.equal(response.headers.get('connection'), 'close')
    release()
    await closing
  },
)

t.test('chassis: close lets the request under way finish, and holds no idle connection', async (t) => {
  const app = createHttp({ logger })
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let begun = false
  let closeBegun = false
  app.addHook('preClose', async () => {
    closeBegun = true
  })
  app.get('/slow', async () => {
    begun = true
    await held
    return { done: true }
  })
  app.get('/quick', async () => ({}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await (await fetch(`${url}/quick`)).text()
  const answer = fetch(`${url}/slow`)
  await eventually(() => begun)
  const closing = app.close()
  await eventually(() => closeBegun)
  release()
  const response = await answer
  t.same(await response.json(), { done: true })
  t.equal(response.headers.get('connection'), 'close')
  await closing
  await t.rejects(fetch(`${url}/quick`))
})

t.test('chassis: a body that comes too slowly is refused before it is whole', async (t) => {
  const app = createHttp({ logger, requestTimeoutMs: 300 })
  t.teardown(() => app.close())
  app.post('/body', async () => ({}))
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const bytes = 1_000
  const socket = connect(Number(port), '127.0.0.1')
  let answer = ''
  let sent = 0
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  socket.on('error', () => {})
  socket.write(
    `POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`,
  )
  const drip = setInterval(() => {
    sent += 1
    if (socket.writable) socket.write(' ')
    if (sent === bytes) clearInterval(drip)
  }, 10)
  t.teardown(() => clearInterval(drip))
  await eventually(() => socket.closed)
  t.match(answer, /^HTTP\/1\.1 408 /)
  t.ok(sent < bytes)
  t.notMatch(logs.text(), '"level":"error"')
})

t.test('chassis: a peer that was refused and does not close is closed', async (t) => {
  const app = createHttp({ logger })
  t.teardown(() => app.close())
  const accepted: Socket[] = []
  app.server.on('connection', (socket: Socket) => accepted.push(socket))
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk
  })
  socket.on('error', () => {})
  socket.write('no HTTP\r\n\r\n')
  const drip = setInterval(() => socket.writable && socket.write(' '), 20)
  t.teardown(() => clearInterval(drip))
  await eventually(() => accepted[0]?.destroyed === true)
  t.match(answer, /^HTTP\/1\.1 400 /)
})

t.test('chassis: a kept connection waits for as long as it is to be kept', async (t) => {
  const app = createHttp({ logger, keepAliveTimeoutMs: 72_000 })
  t.teardown(() => app.close())
  app.get('/', async () => ({}))
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => sockets.push(socket))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await (await fetch(url)).text()
  const [socket] = sockets
  await eventually(() => (socket?.timeout ?? 0) >= 72_000)
  t.equal(sockets.length, 1)
  t.equal(app.server.requestTimeout, 15_000)
  t.equal(app.server.headersTimeout, 15_000)
})

t.test('chassis: a connection on which nothing was sent does not hold a close', async (t) => {
  const app = createHttp({ logger })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const accepted = once(app.server, 'connection')
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  await accepted
  let closed = false
  const closing = app.close().then(() => {
    closed = true
  })
  // Silence would end it after 30 seconds.
  await eventually(() => closed, { timeoutMs: 20_000 })
  await closing
})

t.test('admin server: serves liveness, readiness and metrics', async (t) => {
  let fault: Error | undefined
  const checks = { store: async () => (fault === undefined ? undefined : Promise.reject(fault)) }
  const registry = createRegistry('test')
  const at = { host: '127.0.0.1', port: 0, checks, registry, logger }
  const admin = await createAdminServer({ ...at, started: false })
  t.teardown(() => admin.close())
  const ready = async () => {
    const response = await fetch(`${admin.url}/readyz`)
    return { status: response.status, body: await response.json() }
  }
  t.same(await ready(), { status: 503, body: { status: 'starting', checks: { store: 'ok' } } })
  admin.setStarted()
  t.same(await ready(), { status: 200, body: { status: 'ok', checks: { store: 'ok' } } })
  fault = new TypeError('password=hunter2')
  t.same(await ready(), { status: 503, body: { status: 'unavailable', checks: { store: 'TypeError' } } })
  t.equal((await fetch(`${admin.url}/healthz`)).status, 200, 'it lives all the same')
  fault = undefined
  t.equal((await ready()).status, 200)
  admin.setClosing()
  t.match(await ready(), { status: 503, body: { status: 'closing' } })
  const metrics = await fetch(`${admin.url}/metrics`)
  t.match(metrics.headers.get('content-type'), 'text/plain')
  t.match(await metrics.text(), 'process_cpu_seconds_total{service="test"}')
})

t.test('every: at once, then after each end; a failure does not end it; stop waits', async (t) => {
  const clock = new TestClock(0)
  let runs = 0
  let release = () => {}
  const repetition = runPeriodically(
    1_000,
    async (signal) => {
      runs += 1
      if (runs === 2) throw new Error('this time')
      if (runs === 3) {
        await new Promise<void>((resolve) => {
          release = resolve
        })
        t.ok(signal.aborted)
      }
    },
    clock,
    logger,
  )
  await clock.untilSleeping()
  t.equal(runs, 1)
  await clock.advance(1_000)
  await clock.untilSleeping()
  t.match(logs.text(), 'background work failed')
  await clock.advance(1_000)
  await eventually(() => runs === 3)
  const stopped = repetition.stop()
  await clock.advance(10_000)
  release()
  await stopped
  t.equal(runs, 3)
})

t.test('until up: waits for what is not there yet, says so, and not for ever', async (t) => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const clock = new TestClock(0)
  let attempts = 0
  const up = waitForDependency({ name: 'the store', clock, logger }, async () => {
    attempts += 1
    if (attempts < 4) throw new Error('query', { cause: refused })
    return 'up'
  })
  for (let step = 0; step < 100 && attempts < 4; step += 1) await clock.advance(250)
  t.equal(await up, 'up')
  t.equal(logs.lines().filter(({ msg }) => msg === 'waiting for the store').length >= 1, true)
  t.equal(clock.pendingSleepers(), 0)

  const wrong = Object.assign(new Error('password authentication failed'), { code: '28P01' })
  await t.rejects(
    waitForDependency({ name: 'x', clock: systemClock, logger }, () => Promise.reject(wrong)),
    wrong,
  )

  let settled = false
  const never = waitForDependency(
    { name: 'x', clock, logger, timeoutMs: 10_000 },
    () => new Promise(() => {}),
  )
  const failing = waitForDependency({ name: 'y', clock, logger, timeoutMs: 10_000 }, () =>
    Promise.reject(refused),
  )
  const all = Promise.allSettled([never, failing]).finally(() => {
    settled = true
  })
  for (let step = 0; step < 100 && !settled; step += 1) await clock.advance(1_000)
  for (const result of await all)
    t.ok(result.status === 'rejected' && result.reason instanceof DependencyUnavailableError)
})
