import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Clock, wantsHtml } from '@ikigai/chassis'
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
import type { CompleteSignIn, Completion, SignedIn } from '../oauth/complete-sign-in.ts'
import { oncePerState } from '../oauth/once-per-state.ts'
import { isRefusal } from '../oauth/refusals.ts'
import { localPath } from '../oauth/return-to.ts'
import type { SignIn, SignInCookies } from '../oauth/sign-in-cookies.ts'
import type { StravaOauth } from '../oauth/strava-oauth.ts'
import type { UsedStates } from '../oauth/used-states.ts'
import type { SignUp } from '../sign-up/sign-up.ts'
import { refuse, sendObstacle, sendRefusal } from './answers.ts'

export interface SignInDeps {
  readonly oauth: StravaOauth
  readonly cookies: SignInCookies
  readonly usedStates: UsedStates
  readonly signUp: Pick<SignUp, 'obstacle'>
  readonly complete: CompleteSignIn
  readonly sessionCookie: SessionCookie
  readonly sessionKeys: readonly RingKey[]
  readonly clock: Clock
  readonly publicUrl: string
  readonly metrics: AuthMetrics
}

const returnTo = Type.Optional(Type.String({ maxLength: 2_048 }))

const LoginQuery = Type.Object({
  return_to: returnTo,
  /** The token of an invitation. */
  invitation: Type.Optional(Type.String({ maxLength: 128 })),
  /** The athlete states that they have an account, or are on the list: the sign-in continues at Strava. */
  known: Type.Optional(Type.Literal('true')),
  approval_prompt: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('force')])),
})

const text = Type.Optional(Type.String({ maxLength: 2_048 }))
const CallbackQuery = Type.Object({ state: text, code: text, scope: text, error: text })

const RefusedParams = Type.Object({ refusal: Type.String({ maxLength: 64 }) })
const RefusedQuery = Type.Object({
  return_to: returnTo,
  approval_prompt: LoginQuery.properties.approval_prompt,
  invitation: LoginQuery.properties.invitation,
})

/** `/auth/login` (redirects to Strava), `/auth/callback` and the pages of refusals. */
export const signInRoutes =
  (deps: SignInDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { oauth, cookies, usedStates, complete, publicUrl, metrics } = deps
    const completeOnce = oncePerState<Completion>()
    const hasSession = sessionCheck(deps)

    app.get('/auth/login', { schema: { querystring: LoginQuery } }, async (request, reply) => {
      const { return_to: asked, approval_prompt: prompt = 'auto', invitation, known } = request.query
      const returnTo = localPath(asked, publicUrl)
      // Only a browser is shown the obstacle first. A program gets the refusal after Strava has identified the athlete.
      const obstacle = known || !wantsHtml(request) ? undefined : await deps.signUp.obstacle(invitation)
      if (obstacle !== undefined) return sendObstacle(reply, obstacle, { return_to: returnTo, known: 'true' })
      for (const { name, options } of cookies.surplus(request.cookies)) reply.clearCookie(name, options)
      const { state, cookie } = cookies.begin({
        returnTo,
        ...(invitation === undefined ? {} : { invitation }),
      })
      reply.setCookie(cookie.name, cookie.value, cookie.options)
      return reply.header('cache-control', 'no-store').redirect(oauth.authorizeUrl(state, prompt), 302)
    })

    app.get('/auth/callback', { schema: { querystring: CallbackQuery } }, async (request, reply) => {
      const { state } = request.query
      const signIn = state === undefined ? undefined : cookies.find(state, request.cookies)
      if (state === undefined || signIn === undefined) {
        // A completed callback, reloaded: redirect to the start page.
        if (state !== undefined && (await hasSession(request)))
          return reply.header('cache-control', 'no-store').redirect('/', 303)
        const refusal = state === undefined ? 'state-missing' : 'state-unknown'
        metrics.signIn(refusal)
        return refuse(request, reply, { refusal, retryQuery: {} })
      }
      // The state is used from here on, whatever the outcome.
      const { name, options } = cookies.cookieOf(state)
      reply.clearCookie(name, options)
      const completion = await completeOnce(state, async () =>
        (await usedStates.use(state))
          ? complete({ ...request.query, invitation: signIn.invitation })
          : { refusal: 'state-unknown' },
      )
      if ('refusal' in completion) {
        metrics.signIn(completion.refusal)
        return refuse(request, reply, { ...completion, retryQuery: retryQueryOf(signIn, completion.refusal) })
      }
      metrics.signIn(completion.isNew ? 'signed-up' : 'signed-in')
      return issueSession(deps, reply, signIn, completion)
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

/** Query that starts the same sign-in again. If a scope was missing, Strava has to show its page again. */
function retryQueryOf({ returnTo, invitation }: SignIn, refusal: string): Readonly<Record<string, string>> {
  return {
    return_to: returnTo,
    ...(invitation === undefined ? {} : { invitation }),
    ...(refusal === 'scope-missing' ? { approval_prompt: 'force' } : {}),
  }
}

/** Creates the check whether a request has a valid session cookie. Revocations are not considered. */
function sessionCheck({ sessionKeys: keys, sessionCookie, clock }: SignInDeps) {
  const verifier = createSessionVerifier({ keys, clock, revocations: createRevocations({ clock }) })
  return async ({ cookies }: FastifyRequest): Promise<boolean> => {
    const presented = readSessionToken({ cookieName: sessionCookie.name, cookies, authorization: undefined })
    return presented !== undefined && (await verifier.verify(presented.token)) !== undefined
  }
}

/** Issues a new session, never an existing one, which prevents session fixation. */
async function issueSession(
  { sessionKeys: keys, sessionCookie }: SignInDeps,
  reply: FastifyReply,
  signIn: SignIn,
  { athleteId, sessionStart }: SignedIn,
): Promise<FastifyReply> {
  const { token, session } = await mintSession({ keys, athleteId, now: sessionStart })
  const expires = new Date(session.expiresAtMs)
  reply.header('cache-control', 'no-store')
  reply.setCookie(sessionCookie.name, token, { ...sessionCookie.options, expires })
  return reply.redirect(signIn.returnTo, 303)
}
