import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '@ikigai/chassis'
import type { RingKey } from '@ikigai/keyring'
import { mintSession, type SessionCookie } from '@ikigai/sessions'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { AuthMetrics } from '../metrics.ts'
import type { CompleteSignIn, SignedIn } from '../sign-in/complete-sign-in.ts'
import { localPath } from '../sign-in/return-to.ts'
import type { SignIn, SignInCookies } from '../sign-in/sign-in-cookies.ts'
import type { StravaOauth } from '../sign-in/strava-oauth.ts'
import type { UsedStates } from '../sign-in/used-states.ts'
import { refuse } from './answers.ts'

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

const LoginQuery = Type.Object({
  return_to: Type.Optional(Type.String({ maxLength: 2_048 })),
  client: Type.Optional(Type.Union([Type.Literal('browser'), Type.Literal('app')])),
})

const text = Type.Optional(Type.String({ maxLength: 2_048 }))
const CallbackQuery = Type.Object({ state: text, code: text, scope: text, error: text })

/** The way to Strava and back. */
export const signInRoutes =
  (deps: SignInDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { oauth, cookies, usedStates, complete, publicUrl, metrics } = deps

    app.get('/auth/login', { schema: { querystring: LoginQuery } }, (request, reply) => {
      const { return_to: returnTo, client = 'browser' } = request.query
      for (const { name, options } of cookies.surplus(request.cookies)) reply.clearCookie(name, options)
      const { state, cookie } = cookies.begin({ returnTo: localPath(returnTo, publicUrl), client })
      reply.setCookie(cookie.name, cookie.value, cookie.options)
      return reply.header('cache-control', 'no-store').redirect(oauth.authorizeUrl(state), 302)
    })

    app.get('/auth/callback', { schema: { querystring: CallbackQuery } }, async (request, reply) => {
      const { state } = request.query
      const signIn = state === undefined ? undefined : cookies.find(state, request.cookies)
      if (state === undefined || signIn === undefined || !(await usedStates.use(state))) {
        const refusal = state === undefined ? 'state-missing' : 'state-unknown'
        metrics.signIn(refusal)
        return refuse(request, reply, { refusal, loginPath: '/auth/login' })
      }
      // Used from here on, whatever comes of it.
      const { name, options } = cookies.cookieOf(state)
      reply.clearCookie(name, options)
      const completion = await complete(request.query)
      if ('refusal' in completion) {
        metrics.signIn(completion.refusal)
        return refuse(request, reply, { ...completion, loginPath: loginPath(signIn) })
      }
      metrics.signIn(completion.isNew ? 'signed-up' : 'signed-in')
      return welcome(deps, reply, signIn, completion)
    })
  }

/** The way to the same page again. */
function loginPath({ returnTo, client }: SignIn): string {
  return `/auth/login?${new URLSearchParams({ return_to: returnTo, client })}`
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
