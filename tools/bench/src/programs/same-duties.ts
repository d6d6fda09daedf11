// The baseline of a service: Fastify with the usual libraries, for the same duties around the bare work.
// A request id, a log line, a histogram, a session or the secret of a path, a limit, the headers of our own answer.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { connect, headers as natsHeaders, RetentionPolicy, StorageType } from 'nats'
import { pino } from 'pino'
import { Histogram, Registry } from 'prom-client'
import { answerRequests, environment } from '../context/worker-rpc.ts'

declare module 'fastify' {
  interface FastifyRequest {
    athleteId: string
  }
}

/** Requests of one client in a minute. */
const LIMIT = 1_000_000
const headers: Readonly<Record<string, string>> = JSON.parse(environment('HEADERS'))
/** Buffered, pino's fastest mode. */
const logger = pino(
  { timestamp: pino.stdTimeFunctions.isoTime },
  pino.destination({ dest: environment('LOG_FILE'), sync: false, minLength: 4_096 }),
)
const seconds = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time from the first byte of a request to the end of its response.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [new Registry()],
})
const app = Fastify({
  loggerInstance: logger,
  logController: new LogController({ disableRequestLogging: true }),
  genReqId: () => randomUUID(),
})
app.decorateRequest('athleteId', '')
app.addHook('onRequest', (request, reply, done) => {
  reply.headers(headers).header('x-request-id', request.id)
  done()
})
app.addHook('onResponse', (request, reply, done) => {
  const { method, routeOptions } = request
  const { statusCode: status, elapsedTime } = reply
  const route = routeOptions.url ?? ''
  request.log.info({ method, route, status, ms: Math.round(elapsedTime) }, 'request')
  seconds.observe({ method, route, status }, elapsedTime / 1_000)
  done()
})

/** The same bytes for every request with a session. */
async function withSession(scope: FastifyInstance, bytes: string): Promise<void> {
  const key = Buffer.from(environment('SESSION_KEY'), 'base64')
  const verified = new LRUCache<string, { athleteId: string; expiresAtMs: number; sid: string }>({
    max: 10_000,
  })
  const revoked = new Set<string>()
  const check = async (token: string) => {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] })
    const { sub: athleteId = '', exp = 0, sid } = payload
    return { athleteId, expiresAtMs: exp * 1_000, sid: String(sid) }
  }
  scope.addHook('onRequest', async (request, reply) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    const session = verified.get(token) ?? (await check(token))
    if (session.expiresAtMs <= Date.now() || revoked.has(session.sid)) return reply.code(401).send()
    verified.set(token, session)
    request.athleteId = session.athleteId
  })
  await scope.register(rateLimit, {
    max: LIMIT,
    enableDraftSpec: true,
    keyGenerator: ({ athleteId }) => athleteId,
  })
  scope.get('/bytes', (_request, reply) => reply.type('application/json').send(bytes))
}

/** Publishes the body of every event whose path has the secret, and acknowledges it after JetStream has. */
async function withSecret(scope: FastifyInstance, secret: string): Promise<void> {
  const digestOf = (text: string) => createHash('sha256').update(text).digest()
  const expected = digestOf(secret)
  const nc = await connect({ servers: environment('NATS_URL') })
  const subjects = ['bare.>']
  const stream = { name: 'BARE', subjects, storage: StorageType.File, retention: RetentionPolicy.Limits }
  await (await nc.jetstreamManager()).streams.add(stream)
  const js = nc.jetstream()
  await scope.register(rateLimit, { max: LIMIT, hook: 'onRequest' })
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  scope.post<{ Params: { secret: string }; Body: Buffer }>('/event/:secret', async (request, reply) => {
    if (!timingSafeEqual(digestOf(request.params.secret), expected)) return reply.code(404).send()
    const event: Record<string, unknown> = JSON.parse(request.body.toString())
    const { object_type: object, aspect_type: aspect, object_id: id, owner_id: owner, event_time: at } = event
    const carried = natsHeaders()
    carried.set('X-Request-Id', request.id)
    const msgID = [object, aspect, id, owner, at].join(':')
    await js.publish(`bare.${object}.${aspect}.${owner}`, request.body, { msgID, headers: carried })
    return {}
  })
}

const { BYTES_FILE: bytesFile, SECRET: secret } = process.env
if (bytesFile !== undefined) {
  const bytes = await readFile(bytesFile, 'utf8')
  await app.register(async (scope) => withSession(scope, bytes))
}
if (secret !== undefined) await app.register(async (scope) => withSecret(scope, secret))

answerRequests(await app.listen({ host: '127.0.0.1', port: 0 }), async () => ({}))
