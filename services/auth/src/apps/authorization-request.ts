import { type ApiScope, isApiScope } from '@ikigai/contracts'
import type { App } from './app-store.ts'
import { OAuthError } from './oauth-error.ts'
import { isRegistered } from './redirect-uris.ts'

/** Maximum length of the query: it is stored in the cookie of a sign-in, and several such cookies must fit into a request. */
export const MAX_QUERY_LENGTH = 1_000

/** A valid authorization request, to be shown to the athlete. */
export interface AuthorizationRequest {
  readonly app: App
  readonly redirectUri: string
  readonly scopes: readonly ApiScope[]
  readonly codeChallenge: string
  readonly state: string | undefined
}

/** An error that is shown to the athlete, because there is no verified redirect URI to return it to. */
export class UntrustedRequestError extends Error {
  override readonly name = 'UntrustedRequestError'
}

/** An error that is returned to the app's redirect URI. */
export class RefusedRequestError extends Error {
  override readonly name = 'RefusedRequestError'
  readonly refusal: OAuthError
  readonly redirectUri: string
  readonly state: string | undefined
  constructor(refusal: OAuthError, redirectUri: string, state: string | undefined) {
    super(refusal.message)
    this.refusal = refusal
    this.redirectUri = redirectUri
    this.state = state
  }
}

/**
 * Checks the query of the authorization endpoint.
 *
 * @param query unchanged, without `?`
 * @param origin of the API, the only resource that there is (RFC 8707)
 * @throws UntrustedRequestError, RefusedRequestError
 */
export async function readAuthorizationRequest(
  query: string,
  origin: string,
  findApp: (id: string) => Promise<App | undefined>,
): Promise<AuthorizationRequest> {
  const parameters = new URLSearchParams(query)
  const { app, redirectUri } = await trustedTarget(parameters, findApp)
  const state = single(parameters, 'state')
  try {
    const repeated = [...new Set(parameters.keys())].find((name) => parameters.getAll(name).length > 1)
    if (repeated !== undefined) throw new OAuthError('invalid_request', `${repeated} is repeated.`)
    if (query.length > MAX_QUERY_LENGTH)
      throw new OAuthError('invalid_request', `The query is longer than ${MAX_QUERY_LENGTH} characters.`)
    if (parameters.get('response_type') !== 'code')
      throw new OAuthError('unsupported_response_type', 'response_type must be code.')
    if ((parameters.get('response_mode') ?? 'query') !== 'query')
      throw new OAuthError('invalid_request', 'response_mode must be query.')
    const resource = parameters.get('resource')
    if (resource !== null && resource !== origin && resource !== `${origin}/`)
      throw new OAuthError('invalid_target', `The resource must be ${origin}.`)
    return {
      app,
      redirectUri,
      state,
      scopes: scopesOf(parameters, app),
      codeChallenge: challengeOf(parameters),
    }
  } catch (error) {
    throw error instanceof OAuthError ? new RefusedRequestError(error, redirectUri, state) : error
  }
}

async function trustedTarget(parameters: URLSearchParams, findApp: (id: string) => Promise<App | undefined>) {
  const id = single(parameters, 'client_id')
  const redirectUri = single(parameters, 'redirect_uri')
  const app = id === undefined || id.length > 64 ? undefined : await findApp(id)
  if (app === undefined) throw new UntrustedRequestError('No app is registered here under this client id.')
  if (redirectUri === undefined || !isRegistered(app.redirectUris, redirectUri))
    throw new UntrustedRequestError(`${app.name} asked to send you to an address that it has not registered.`)
  return { app, redirectUri }
}

/** A parameter that is given exactly once. */
function single(parameters: URLSearchParams, name: string): string | undefined {
  const [first, ...more] = parameters.getAll(name)
  return more.length === 0 ? first : undefined
}

function challengeOf(parameters: URLSearchParams): string {
  const challenge = parameters.get('code_challenge') ?? ''
  // The default method is `plain` (RFC 7636, 4.3), which gives no protection.
  if (parameters.get('code_challenge_method') !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(challenge))
    throw new OAuthError(
      'invalid_request',
      'PKCE is required: code_challenge with code_challenge_method S256.',
    )
  return challenge
}

function scopesOf(parameters: URLSearchParams, app: App): readonly ApiScope[] {
  const requested = [...new Set((parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== ''))]
  if (requested.length === 0) throw new OAuthError('invalid_scope', 'scope is missing.')
  const scopes = requested.filter(isApiScope)
  if (scopes.length < requested.length || scopes.some((scope) => !app.scopes.includes(scope)))
    throw new OAuthError('invalid_scope', `This app may request: ${app.scopes.join(' ')}.`)
  return scopes
}
