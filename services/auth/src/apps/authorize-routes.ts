import { Problem, sendPage, wantsHtml } from '@ikigai/chassis'
import { comesFromOwnPages } from '@ikigai/sessions'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { appById } from './app-store.ts'
import type { AppsDeps } from './apps-deps.ts'
import {
  type AuthorizationRequest,
  RefusedRequestError,
  readAuthorizationRequest,
  UntrustedRequestError,
} from './authorization-request.ts'
import { issueCode } from './codes.ts'
import { sendConsentPage } from './consent-page.ts'
import { createConsentTokens } from './consent-token.ts'
import { currentAthlete } from './current-athlete.ts'
import { type Form, formOf } from './forms.ts'
import { withParameters } from './redirect-uris.ts'

/** The authorization endpoint, and the page on which the athlete decides. */
export const authorizeRoutes =
  (deps: AppsDeps): FastifyPluginAsync =>
  async (app) => {
    const { db, clock, publicUrl, sessionKeys } = deps
    const tokens = createConsentTokens(sessionKeys, clock)
    const athleteOf = currentAthlete(deps)
    const read = (query: string) => readAuthorizationRequest(query, publicUrl, (id) => appById(db, id))

    app.get('/auth/authorize', async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const query = queryOf(request)
      const authorization = await readOrRefuse(request, reply, query)
      if (authorization === undefined) return reply
      const athlete = await athleteOf(request)
      if (athlete === undefined) {
        const returnTo = `/auth/authorize?${query}`
        return reply.redirect(`/auth/login?${new URLSearchParams({ return_to: returnTo })}`, 302)
      }
      const token = tokens.seal(query, athlete.session.sid)
      return sendConsentPage(reply, { request: authorization, athleteName: athlete.name, token })
    })

    app.post('/auth/consent', async (request, reply) => {
      reply.header('cache-control', 'no-store')
      if (!comesFromOwnPages(request.headers, publicUrl)) throw crossSite()
      const form = formOf(request.body)
      const athlete = await athleteOf(request)
      const query =
        athlete === undefined ? undefined : tokens.open(form.get('consent') ?? '', athlete.session.sid)
      if (athlete === undefined || query === undefined) throw outdatedPage()
      const authorization = await readOrRefuse(request, reply, query)
      if (authorization === undefined) return reply
      const answer = await decide(authorization, athlete.session.athleteId, form)
      return answerApp(reply, authorization.redirectUri, { ...answer, ...stateOf(authorization) })
    })

    async function decide(
      { app: { id: appId }, redirectUri, codeChallenge, scopes }: AuthorizationRequest,
      athleteId: string,
      form: Form,
    ): Promise<Readonly<Record<string, string>>> {
      if (form.get('decision') !== 'allow')
        return { error: 'access_denied', error_description: 'The athlete did not allow it.' }
      const allowed = { appId, athleteId, redirectUri, codeChallenge, scopes: [...scopes] }
      return { code: await issueCode(db, allowed, new Date(clock.now())) }
    }

    async function readOrRefuse(request: FastifyRequest, reply: FastifyReply, query: string) {
      try {
        return await read(query)
      } catch (error) {
        if (error instanceof UntrustedRequestError) refuseUntrusted(request, reply, error)
        else if (error instanceof RefusedRequestError) {
          const { refusal, redirectUri } = error
          const response = { error: refusal.code, error_description: refusal.message }
          answerApp(reply, redirectUri, { ...response, ...stateOf(error) })
        } else throw error
        return undefined
      }
    }

    /** `iss` names the server that answered (RFC 9207). */
    const answerApp = (reply: FastifyReply, uri: string, parameters: Readonly<Record<string, string>>) =>
      reply.redirect(withParameters(uri, { ...parameters, iss: publicUrl }), 303)
  }

const stateOf = ({ state }: { readonly state: string | undefined }) => (state === undefined ? {} : { state })

const queryOf = ({ url }: FastifyRequest) => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

function refuseUntrusted(request: FastifyRequest, reply: FastifyReply, error: UntrustedRequestError): void {
  if (!wantsHtml(request)) throw badApp(error.message)
  const text = [error.message, 'Nothing was allowed. Please tell the developer of the app.']
  sendPage(reply, 400, { title: 'This app cannot be connected', text, links: [] })
}

const badApp = (detail: string) =>
  new Problem({ status: 400, slug: 'bad-request', title: 'This app cannot be connected', detail })

const crossSite = () =>
  new Problem({
    status: 403,
    slug: 'cross-site-request',
    title: 'Request from another site',
    detail: 'You can allow an app only on a page of this site.',
  })

const outdatedPage = () =>
  new Problem({
    status: 403,
    slug: 'consent-outdated',
    title: 'This page is out of date',
    detail: 'It was opened in another session, or more than ten minutes ago. Start again in the app.',
  })
