import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '@ikigai/chassis'
import type { RingKey } from '@ikigai/keyring'
import {
  createRevocations,
  createSessionVerifier,
  mintSession,
  readSessionToken,
  type SessionCookie,
} from '@ikigai/sessions'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { AuthMetrics } from '../metrics.ts'
import type { CompleteSignIn, Completion, SignedIn } from '../sign-in/complete-sign-in.ts'
import { oncePerState } from '../sign-in/once-per-state.ts'
import { isRefusal } from '../sign-in/refusals.ts'
import { localPath } from '../sign-in/return-to.ts'
import type { SignIn, SignInCookies } from '../sign-in/sign-in-cookies.ts'
import type { StravaOauth } from '../sign-in/strava-oauth.ts'
import type { UsedStates } from '../sign-in/used-states.ts'
import { refuse, sendRefusal } from './answers.ts'

/** What signing in needs. */
export interface SignInDeps {
  readonly oauth: StravaOauth
  readonly cookies: SignInCookies
  readonly usedStates: UsedStates
  readonly complete: CompleteSignIn
  readonly sessionCookie: SessionCookie
  readonly sessionKeys: readonly RingKey[]
  readonly clock: Clock
  readonly publicUrl: string
  readonly metrics: AuthMetrics
}

const client = Type.Optional(Type.Union([Type.Literal('browser'), Type.Literal('app')]))
const returnTo = Type.Optional(Type.String({ maxLength: 2_048 }))

const LoginQuery = Type.Object({
  return_to: returnTo,
  client,
  approval_prompt: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('force')])),
})

const text = Type.Optional(Type.String({ maxLength: 2_048 }))
const CallbackQuery = Type.Object({ state: text, code: text, scope: text, error: text })

const RefusedParams = Type.Object({ refusal: Type.String({ maxLength: 64 }) })
const RefusedQuery = Type.Object({
  return_to: returnTo,
  client,
  approval_prompt: LoginQuery.properties.approval_prompt,
})

/** The way to Strava and back. */
export const signInRoutes =
  (deps: SignInDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { oauth, cookies, usedStates, complete, publicUrl, metrics } = deps
    const completeOnce = oncePerState<Completion>()
    const hasSession = sessionCheck(deps)

    app.get('/auth/login', { schema: { querystring: LoginQuery } }, (request, reply) => {
      const { return_to: returnTo, client = 'browser', approval_prompt: prompt = 'auto' } = request.query
      for (const { name, options } of cookies.surplus(request.cookies)) reply.clearCookie(name, options)
      const { state, cookie } = cookies.begin({ returnTo: localPath(returnTo, publicUrl), client })
      reply.setCookie(cookie.name, cookie.value, cookie.options)
      return reply.header('cache-control', 'no-store').redirect(oauth.authorizeUrl(state, prompt), 302)
    })

    app.get('/auth/callback', { schema: { querystring: CallbackQuery } }, async (request, reply) => {
      const { state } = request.query
      const signIn = state === undefined ? undefined : cookies.find(state, request.cookies)
      if (state === undefined || signIn === undefined) {
        // A sign-in that was completed, loaded again: the page is where it leads to.
        if (state !== undefined && (await hasSession(request)))
          return reply.header('cache-control', 'no-store').redirect('/', 303)
        const refusal = state === undefined ? 'state-missing' : 'state-unknown'
        metrics.signIn(refusal)
        return refuse(request, reply, { refusal, again: {} })
      }
      // Used from here on, whatever comes of it.
      const { name, options } = cookies.cookieOf(state)
      reply.clearCookie(name, options)
      const completion = await completeOnce(state, async () =>
        (await usedStates.use(state)) ? complete(request.query) : { refusal: 'state-unknown' },
      )
      if ('refusal' in completion) {
        metrics.signIn(completion.refusal)
        return refuse(request, reply, { ...completion, again: againOf(signIn, completion.refusal) })
      }
      metrics.signIn(completion.isNew ? 'signed-up' : 'signed-in')
      return welcome(deps, reply, signIn, completion)
    })

    app.get(
      '/auth/refused/:refusal',
      { schema: { params: RefusedParams, querystring: RefusedQuery } },
      async (request, reply) => {
        const { refusal } = request.params
        if (!isRefusal(refusal)) {
          reply.callNotFound()
          return reply
        }
        const { return_to: returnTo, ...query } = request.query
        const back = returnTo === undefined ? {} : { return_to: localPath(returnTo, publicUrl) }
        return sendRefusal(reply, refusal, { ...back, ...query })
      },
    )
  }

/** Query of the way to the same page again. Where a box stayed unticked, Strava must show it again. */
function againOf({ returnTo, client }: SignIn, refusal: string): Readonly<Record<string, string>> {
  return {
    return_to: returnTo,
    client,
    ...(refusal === 'scope-missing' ? { approval_prompt: 'force' } : {}),
  }
}

/** Whether a request has the cookie of a session; whether that was ended before its time is the gateway's to know. */
function sessionCheck({ sessionKeys: keys, sessionCookie, clock }: SignInDeps) {
  const verifier = createSessionVerifier({ keys, clock, revocations: createRevocations({ clock }) })
  return async ({ cookies }: FastifyRequest): Promise<boolean> => {
    const presented = readSessionToken({ cookieName: sessionCookie.name, cookies, authorization: undefined })
    return presented !== undefined && (await verifier.verify(presented.token)) !== undefined
  }
}

/** Always a new session: nobody can have prepared it. */
async function welcome(
  { sessionKeys: keys, sessionCookie }: SignInDeps,
  reply: FastifyReply,
  signIn: SignIn,
  { athleteId, sessionFrom }: SignedIn,
): Promise<FastifyReply> {
  const { token, session } = await mintSession({ keys, athleteId, now: sessionFrom })
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
