import { type HttpApp, limitByAddress, problemOf, sendProblem } from '@ikigai/chassis'
import type { FastifyRequest } from 'fastify'
import { constantTimeEquals } from './constant-time-equals.ts'
import type { EventReceiver } from './receive-event.ts'
import { answerVerification, type VerificationQuery, verificationSchema } from './verification.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the path contains the secret. */
    hasSecret: boolean
  }
}

export interface WebhookOptions {
  /** Last segment of the path; any other is answered with 404. */
  readonly secret: string
  readonly verifyToken: string
  readonly receive: EventReceiver
  /** Calls that one address may make in {@link RATE_LIMIT_WINDOW_MS}. */
  readonly sourceLimit: number
}

/** Strava's events have about 200 bytes (recorded bodies). An escaped title of 255 characters adds 3 KB. */
const BODY_LIMIT_BYTES = 8_192

const RATE_LIMIT_WINDOW_MS = 10_000
/** Requests with a wrong secret that one address may make in {@link RATE_LIMIT_WINDOW_MS}. */
const MAX_GUESSES = 100

/** Registers `GET` (Strava's verification) and `POST` (an event) at `/webhooks/strava/<secret>`. */
export async function webhookRoutes(app: HttpApp, options: WebhookOptions): Promise<void> {
  const isSecret = constantTimeEquals(options.secret)
  const isToken = constantTimeEquals(options.verifyToken)
  await app.register(async (scope) => {
    scope.decorateRequest('hasSecret', false)
    // Before the rate limit, which depends on it.
    scope.addHook('onRequest', (request, _reply, done) => {
      request.hasSecret = isSecret(secretOf(request))
      done()
    })
    // Separate counts, so that guesses at the secret do not use up the limit of requests with the secret.
    limitByAddress(scope, {
      limit: ({ hasSecret }) => (hasSecret ? options.sourceLimit : MAX_GUESSES),
      windowMs: RATE_LIMIT_WINDOW_MS,
      kindOf: ({ hasSecret }) => (hasSecret ? 'source:' : 'guess:'),
      detail: 'Too many requests from this address.',
    })
    // The body is stored byte for byte, so it stays a buffer; other content types are rejected.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    // After the rate limit, which counts in `onRequest`, and before the body of an unknown caller is read.
    scope.addHook('preParsing', (request, reply, payload, done) => {
      if (request.hasSecret) done(null, payload)
      else sendProblem(reply, problemOf(404))
    })
    scope.get<{ Querystring: VerificationQuery }>(
      '/webhooks/strava/:secret',
      { schema: verificationSchema },
      async ({ query }) => answerVerification(query, isToken),
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
