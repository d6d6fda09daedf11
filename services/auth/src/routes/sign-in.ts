import { type Bus, expectNotice, SignupOutcomeSchema } from '@ikigai/bus'
import type { Clock, HttpApp, Logger } from '@ikigai/chassis'
import type { RingKey } from '@ikigai/keyring'
import { mintSession, type SessionCookie } from '@ikigai/sessions'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { CodeExchange } from '../sign-in/code-exchange.ts'
import type { Refusal } from '../sign-in/refusals.ts'
import { localPath } from '../sign-in/return-to.ts'
import type { SignIn, SignInCookies } from '../sign-in/sign-in-cookies.ts'
import type { StravaOauth } from '../sign-in/strava-oauth.ts'
import type { Connection } from '../sign-up/sign-up.ts'
import { refuse } from './answers.ts'

/** What signing in needs. */
export interface SignInDeps {
  readonly oauth: StravaOauth
  readonly cookies: SignInCookies
  readonly sessionCookie: SessionCookie
  readonly sessionKeys: readonly RingKey[]
  readonly bus: Bus
  readonly clock: Clock
  readonly logger: Logger
  readonly publicUrl: string
  /** How long a sign-up waits for its first page: ms. */
  readonly signupWaitMs: number
  readonly record: (connection: Connection, inbox: string) => Promise<{ readonly importing: boolean }>
  /** Sends what the sign-up has left in the outbox. */
  readonly kick: () => void
}

const LoginQuery = Type.Object({
  return_to: Type.Optional(Type.String({ maxLength: 2_048 })),
  client: Type.Optional(Type.Union([Type.Literal('browser'), Type.Literal('app')])),
})

const text = Type.Optional(Type.String({ maxLength: 2_048 }))
const CallbackQuery = Type.Object({ state: text, code: text, scope: text, error: text })

/** Either lets us read activities (Strava API docs, "Authentication"). */
const READING_SCOPES = ['activity:read', 'activity:read_all']

/** The way to Strava and back. */
export function signInRoutes(app: HttpApp, deps: SignInDeps): void {
  const { oauth, cookies, publicUrl } = deps

  app.get('/auth/login', { schema: { querystring: LoginQuery } }, (request, reply) => {
    const { return_to: returnTo, client = 'browser' } = request.query
    for (const { name, options } of cookies.surplus(request.cookies)) reply.clearCookie(name, options)
    const { state, cookie } = cookies.begin({ returnTo: localPath(returnTo, publicUrl), client })
    reply.setCookie(cookie.name, cookie.value, cookie.options)
    return reply.header('cache-control', 'no-store').redirect(oauth.authorizeUrl(state), 302)
  })

  app.get('/auth/callback', { schema: { querystring: CallbackQuery } }, async (request, reply) => {
    const outcome = await complete(deps, request, reply)
    if ('refusal' in outcome) return refuse(request, reply, outcome.refusal)
    return welcome(deps, reply, outcome.signIn, outcome.athleteId)
  })
}

type Completion = { readonly refusal: Refusal } | { readonly signIn: SignIn; readonly athleteId: string }

async function complete(
  deps: SignInDeps,
  request: FastifyRequest<{ Querystring: Static<typeof CallbackQuery> }>,
  reply: FastifyReply,
): Promise<Completion> {
  const { oauth, cookies, clock, logger } = deps
  const { state, code, scope, error } = request.query
  if (state === undefined) return { refusal: 'state-missing' }
  const signIn = cookies.find(state, request.cookies)
  if (signIn === undefined) return { refusal: 'state-unknown' }
  // Used from here on, whatever comes of it.
  const { name, options } = cookies.cookieOf(state)
  reply.clearCookie(name, options)
  if (error !== undefined) return { refusal: error === 'access_denied' ? 'denied' : 'strava-refused' }
  if (code === undefined) return { refusal: 'code-missing' }
  // What the athlete allowed stands in the callback; the token response does not tell (recorded responses).
  const scopes = (scope ?? '').split(/[\s,]+/).filter((part) => /^[a-z_]+(:[a-z_]+)?$/.test(part))
  if (!scopes.some((each) => READING_SCOPES.includes(each))) return { refusal: 'scope-missing' }

  const exchangedAt = clock.now()
  const exchange: CodeExchange = await oauth.exchange(code)
  if (exchange.outcome === 'refused') {
    logger.warn({ refusal: exchange.refusal, reason: exchange.reason }, 'a code was not exchanged')
    return { refusal: exchange.refusal }
  }
  const { athlete, tokens } = exchange
  await signUp(deps, { athlete, tokens, scopes, exchangedAt })
  return { signIn, athleteId: athlete.id }
}

/** Records the athlete and waits a moment for his first activities, so that the page he returns to has one. */
async function signUp(deps: SignInDeps, connection: Connection): Promise<void> {
  const { bus, logger, record, kick, signupWaitMs } = deps
  const notice = expectNotice(bus, SignupOutcomeSchema, signupWaitMs)
  try {
    const { importing } = await record(connection, notice.inbox)
    if (!importing) return
    kick()
    const received = await notice.received
    logger.info({ outcome: received?.outcome ?? 'not in time' }, 'signed up')
  } finally {
    notice.cancel()
  }
}

/** Always a new session: nobody can have prepared it. */
async function welcome(
  deps: SignInDeps,
  reply: FastifyReply,
  signIn: SignIn,
  athleteId: string,
): Promise<FastifyReply> {
  const { sessionKeys: keys, sessionCookie, clock } = deps
  const { token, session } = await mintSession({ keys, athleteId, now: clock.now() })
  const expires = new Date(session.expiresAtMs)
  reply.header('cache-control', 'no-store')
  if (signIn.client === 'app') {
    return reply.send({
      access_token: token,
      token_type: 'Bearer',
      expires_at: expires.toISOString(),
      athlete_id: athleteId,
    })
  }
  reply.setCookie(sessionCookie.name, token, { ...sessionCookie.options, expires })
  return reply.redirect(signIn.returnTo, 303)
}
