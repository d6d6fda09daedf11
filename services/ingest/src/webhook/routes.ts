import rateLimit from '@fastify/rate-limit'
import { type HttpApp, Problem, problemOf, sendProblem } from '@ikigai/chassis'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type HandshakeQuery, handshakeSchema, shakeHands } from './handshake.ts'
import type { EventReceiver } from './receive-event.ts'
import { sameTextAs } from './same-text.ts'

/** What the webhook answers by. */
export interface WebhookOptions {
  /** Last segment of the path; who does not know it finds nothing. */
  readonly secret: string
  readonly verifyToken: string
  readonly receive: EventReceiver
  /** Calls that one address may make in {@link SOURCE_WINDOW_MS}. */
  readonly sourceLimit: number
}

/** Strava's own events are some 200 bytes; the longest title leaves them far below this. */
const BODY_LIMIT_BYTES = 65_536

const SOURCE_WINDOW_MS = 10_000
/** Addresses that are counted at once; the one that was silent longest gives way. */
const SOURCES = 10_000

/** `GET` (Strava tries the address) and `POST` (an event) at `/webhooks/strava/<secret>`. */
export async function webhookRoutes(app: HttpApp, options: WebhookOptions): Promise<void> {
  const isSecret = sameTextAs(options.secret)
  const isToken = sameTextAs(options.verifyToken)
  await app.register(async (scope) => {
    // The body is stored byte for byte, so it stays a buffer; no other content type is taken.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    // Before the body is read: a stranger's is not worth it.
    scope.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) =>
      isSecret(secretOf(request)) ? undefined : sendProblem(reply, problemOf(404)),
    )
    // After that, so that only who knows the secret is counted; one address cannot keep the others from being heard.
    await scope.register(rateLimit, {
      max: options.sourceLimit,
      timeWindow: SOURCE_WINDOW_MS,
      cache: SOURCES,
      hook: 'onRequest',
      addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
      addHeadersOnExceeding: {
        'x-ratelimit-limit': false,
        'x-ratelimit-remaining': false,
        'x-ratelimit-reset': false,
      },
      errorResponseBuilder: () => new Problem(TOO_MANY),
    })
    scope.get<{ Querystring: HandshakeQuery }>(
      '/webhooks/strava/:secret',
      { schema: handshakeSchema },
      async ({ query }) => shakeHands(query, isToken),
    )
    scope.post('/webhooks/strava/:secret', { bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
      const signature = request.headers['x-strava-signature']
      await options.receive({
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        requestId: request.id,
        signature: typeof signature === 'string' ? signature : undefined,
        elapsedMs: () => reply.elapsedTime,
        logger: request.log,
      })
      return {}
    })
  })
}

const TOO_MANY = {
  status: 429,
  slug: 'too-many-requests',
  title: 'Too many requests',
  detail: 'This address sends more events than Strava does. Slow down.',
}

function secretOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'secret' in params ? String(params.secret) : ''
}
