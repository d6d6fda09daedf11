import oauth2, { type OAuth2Namespace } from '@fastify/oauth2'
import type { HttpApp } from '@ikigai/chassis'
import { REQUESTED_SCOPES } from '@ikigai/strava'
import { type CodeExchange, exchangeOf, exchangeRefused } from './code-exchange.ts'

/**
 * The requested scopes (Strava API docs, scopes). Each is a checkbox on Strava's page: `activity:read` covers the activities that
 * others may see, `activity:read_all` private ones and the ends of routes too. Either is enough for an account.
 */
const SCOPES = REQUESTED_SCOPES.join(',')

/** `auto`: Strava asks only for new scopes. `force`: it shows the page again, so that the choice can change. */
export type ApprovalPrompt = 'auto' | 'force'

/** The application at Strava. */
export interface StravaOauthOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** Base URL of `authorize` and `token`. */
  readonly oauthUrl: string
  /** Public origin: it determines the callback URL, whatever the `Host` of a request. */
  readonly publicUrl: string
  /** Time-out of each part of the code exchange (headers, body): ms. */
  readonly timeoutMs: number
}

export interface StravaOauth {
  /** The URL of Strava's authorization page. */
  authorizeUrl(state: string, approvalPrompt: ApprovalPrompt): string
  /** Exchanges the code of the callback. Errors of Strava or the network are values. */
  exchange(code: string): Promise<CodeExchange>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Decorated by `@fastify/oauth2`, whose types lack the documented `oauth2` (an `AuthorizationCode` of simple-oauth2). */
    strava: OAuth2Namespace & {
      readonly oauth2: {
        authorizeURL(parameters: Readonly<Record<string, string>>): string
        getToken(parameters: Readonly<Record<string, string>>): Promise<{ readonly token: unknown }>
      }
    }
  }
}

/**
 * Registers `@fastify/oauth2`. The caller manages the state, because the plugin's cookie is shared by all tabs and not
 * cleared after use.
 */
export async function registerStravaOauth(app: HttpApp, options: StravaOauthOptions): Promise<StravaOauth> {
  const { clientId, clientSecret, oauthUrl, publicUrl, timeoutMs } = options
  const { origin, pathname } = new URL(oauthUrl)
  const folder = pathname.replace(/\/$/, '')
  const redirectUri = `${publicUrl}/auth/callback`
  await app.register(oauth2, {
    name: 'strava',
    callbackUri: redirectUri,
    credentials: {
      client: { id: clientId, secret: clientSecret },
      auth: { tokenHost: origin, tokenPath: `${folder}/token`, authorizePath: `${folder}/authorize` },
      http: { timeout: timeoutMs, maxBytes: 1_048_576 },
      // Strava requires the credentials as parameters, not as HTTP Basic (Strava API docs, authentication).
      options: { authorizationMethod: 'body' },
    },
    userAgent: 'ikigai',
  })
  return {
    authorizeUrl: (state, approvalPrompt) =>
      app.strava.oauth2.authorizeURL({
        redirect_uri: redirectUri,
        scope: SCOPES,
        state,
        approval_prompt: approvalPrompt,
      }),
    exchange: async (code) => {
      try {
        const { token } = await app.strava.oauth2.getToken({ code, redirect_uri: redirectUri })
        return exchangeOf(token)
      } catch (error) {
        return exchangeRefused(error)
      }
    },
  }
}
