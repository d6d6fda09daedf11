import { createHash, randomBytes } from 'node:crypto'
import { request as ask, INTERNAL_API } from '@ikigai/bus'
import { type Browser, browser, type Page } from '@ikigai/testkit'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Harness, HTML, newAthlete, signIn } from './harness.ts'

/** Redirect URI of the tests' apps; no server listens there. */
export const REDIRECT = 'https://app.example/callback'

/** An app that the operator has registered. */
export interface TestApp {
  readonly id: string
  readonly secret: string | null
}

/** Query of an authorization request, and the PKCE verifier of the app. */
export interface AuthorizationQuery {
  readonly verifier: string
  readonly query: Record<string, string>
}

export const Tokens = Compile(
  Type.Object({
    access_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Literal(600),
    refresh_token: Type.String(),
    scope: Type.String(),
  }),
)

export async function addApp(
  { bus }: Harness,
  changes: { redirect_uris?: string[]; origins?: string[]; confidential?: boolean } = {},
): Promise<TestApp> {
  return await ask(bus, INTERNAL_API.appAdd, {
    name: 'Trail Log',
    redirect_uris: [REDIRECT],
    origins: [],
    scopes: ['activities:read', 'account:read'],
    confidential: false,
    ...changes,
  })
}

export const s256 = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

/** A valid authorization request. */
export function authorizationQuery(app: TestApp, changes: Record<string, string> = {}): AuthorizationQuery {
  const verifier = randomBytes(32).toString('base64url')
  return {
    verifier,
    query: {
      response_type: 'code',
      client_id: app.id,
      redirect_uri: REDIRECT,
      scope: 'activities:read',
      state: 'state-of-the-app',
      code_challenge: s256(verifier),
      code_challenge_method: 'S256',
      ...changes,
    },
  }
}

/** Signs a new athlete in, in a browser of their own. */
export async function signedIn(
  harness: Harness,
): Promise<{ readonly tab: Browser; readonly athleteId: string }> {
  const athleteId = newAthlete(harness)
  return { tab: (await signIn(harness, athleteId, browser())).tab, athleteId }
}

export const authorize = (
  { publicUrl }: Harness,
  tab: Browser,
  query: Record<string, string> | string,
  headers: Record<string, string> = HTML,
): Promise<Page> =>
  tab.get(`${publicUrl}/auth/authorize?${new URLSearchParams(query)}`, { headers, follow: false })

/** The hidden field of the consent page. */
export const consentOf = (page: Page) => /name="consent" value="([^"]+)"/.exec(page.body)?.[1] ?? ''

/** Submits the consent page. */
export const decide = (
  { publicUrl }: Harness,
  tab: Browser,
  consent: string,
  decision: 'allow' | 'deny' = 'allow',
  headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
): Promise<Page> =>
  tab.post(`${publicUrl}/auth/consent`, {
    headers: { ...HTML, ...headers },
    form: { consent, decision },
    follow: false,
  })

/** The query parameters of the redirect to the app. */
export const answerOf = (page: Page) =>
  Object.fromEntries(new URL(page.headers.get('location') ?? 'missing:').searchParams)

/** Allows an app, up to the authorization code. */
export async function codeFor(harness: Harness, tab: Browser, asked: AuthorizationQuery): Promise<string> {
  const page = await authorize(harness, tab, asked.query)
  const { code = '' } = answerOf(await decide(harness, tab, consentOf(page)))
  return code
}

export const post = (
  { publicUrl }: Harness,
  path: 'token' | 'revoke',
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Page> => browser().post(`${publicUrl}/auth/${path}`, { form, headers })

export const redeem = (
  harness: Harness,
  app: TestApp,
  code: string,
  verifier: string,
  more: Record<string, string> = {},
) =>
  post(harness, 'token', {
    grant_type: 'authorization_code',
    client_id: app.id,
    redirect_uri: REDIRECT,
    code,
    code_verifier: verifier,
    ...more,
  })

export const refresh = (harness: Harness, app: TestApp, token: string, more: Record<string, string> = {}) =>
  post(harness, 'token', { grant_type: 'refresh_token', client_id: app.id, refresh_token: token, ...more })

/** Allows an app and returns its tokens. */
export async function tokensFor(
  harness: Harness,
  tab: Browser,
  app: TestApp,
  changes: Record<string, string> = {},
) {
  const asked = authorizationQuery(app, changes)
  const page = await redeem(harness, app, await codeFor(harness, tab, asked), asked.verifier, {
    redirect_uri: asked.query['redirect_uri'] ?? REDIRECT,
  })
  return Tokens.Parse(page.json())
}
