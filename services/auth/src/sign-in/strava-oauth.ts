import oauth2, { type OAuth2Namespace } from '@fastify/oauth2'
import type { HttpApp } from '@ikigai/chassis'
import { type CodeExchange, exchangeOf, exchangeRefused } from './code-exchange.ts'

/**
 * What ikigai asks for (Strava API docs, scopes). Each is a box of its own on Strava's page: `activity:read` shows activities
 * that others may see, `activity:read_all` the private ones and the ends of routes as well. Either is enough for an account.
 */
const SCOPES = 'read,activity:read,activity:read_all'

/** `auto`: Strava asks only what the athlete has not agreed to before. `force`: it asks again, so that the choice can change. */
export type ApprovalPrompt = 'auto' | 'force'

/** The application at Strava. */
export interface StravaOauthOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** `authorize` and `token` lie below it. */
  readonly oauthUrl: string
  /** The origin that browsers see: the callback is fixed by it, whatever host a request names. */
  readonly publicUrl: string
  /** For each half of the exchange: until the headers, and until the end of the body. */
  readonly timeoutMs: number
}

/** Both ends of the sign-in at Strava. */
export interface StravaOauth {
  /** Where the browser is sent. */
  authorizeUrl(state: string, approvalPrompt: ApprovalPrompt): string
  /** Exchanges the code of the callback. Never throws for what Strava or the network does. */
  exchange(code: string): Promise<CodeExchange>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Made by `@fastify/oauth2`; its README names `oauth2` (an `AuthorizationCode` of simple-oauth2), its types do not. */
    strava: OAuth2Namespace & {
      readonly oauth2: {
        authorizeURL(parameters: Readonly<Record<string, string>>): string
        getToken(parameters: Readonly<Record<string, string>>): Promise<{ readonly token: unknown }>
      }
    }
  }
}

/**
 * Registers `@fastify/oauth2`. The state is ours, because the plugin's own cookie is shared by all tabs and not taken
 * away after its use.
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
      // Strava takes the credentials as parameters, not as HTTP Basic (Strava API docs, authentication).
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
