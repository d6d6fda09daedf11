import { type HttpApp, limitByAddress, problemOf, sendProblem } from '@ikigai/chassis'
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

/** Strava's own events are some 200 bytes (recorded bodies); a title of 255 characters, all escaped, adds 3 KB. */
const BODY_LIMIT_BYTES = 8_192

const SOURCE_WINDOW_MS = 10_000
/** Requests with a wrong secret that one address may make in {@link SOURCE_WINDOW_MS}. */
const GUESS_LIMIT = 100

/** `GET` (Strava tries the address) and `POST` (an event) at `/webhooks/strava/<secret>`. */
export async function webhookRoutes(app: HttpApp, options: WebhookOptions): Promise<void> {
  const isSecret = sameTextAs(options.secret)
  const isToken = sameTextAs(options.verifyToken)
  await app.register(async (scope) => {
    const knowsSecret = (request: FastifyRequest) => isSecret(secretOf(request))
    // Counted apart: guesses at the secret take nothing from whoever knows it.
    await limitByAddress(scope, {
      limit: (request) => (knowsSecret(request) ? options.sourceLimit : GUESS_LIMIT),
      windowMs: SOURCE_WINDOW_MS,
      kindOf: (request) => (knowsSecret(request) ? 'source:' : 'guess:'),
      detail: 'This address sends more than Strava does.',
    })
    // The body is stored byte for byte, so it stays a buffer; no other content type is taken.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    // After the limit, which counts in `onRequest`, and before the body is read: a stranger's is not worth it.
    scope.addHook('preParsing', async (request: FastifyRequest, reply: FastifyReply) =>
      knowsSecret(request) ? undefined : sendProblem(reply, problemOf(404)),
    )
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

function secretOf({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'secret' in params ? String(params.secret) : ''
}
