import * as oauth from 'oauth4webapi'
import t from 'tap'
import { addApp, authorize, consentOf, decide, REDIRECT, signedIn } from './app-client.ts'
import { startHarness } from './harness.ts'

const harness = await startHarness(t)
const { publicUrl } = harness
const METADATA = '/.well-known/oauth-authorization-server'

/** The test uses http, and there is no gateway to serve the metadata at the standard address. */
const options = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<string, unknown>) => {
    const { method, headers, redirect, body } = init
    const text = body instanceof URLSearchParams ? { body } : {}
    return fetch(url.replace(METADATA, '/auth/metadata'), { method, headers, redirect, ...text })
  },
}

t.test('independent OAuth client: code with PKCE, refresh and revocation work', async (t) => {
  const issuer = new URL(publicUrl)
  const found = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' })
  const server = await oauth.processDiscoveryResponse(issuer, found)
  const client = { client_id: (await addApp(harness)).id }
  const state = oauth.generateRandomState()
  const verifier = oauth.generateRandomCodeVerifier()
  const { tab } = await signedIn(harness)
  const page = await authorize(harness, tab, {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    scope: 'activities:read',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const allowed = await decide(harness, tab, consentOf(page))
  const back = new URL(allowed.headers.get('location') ?? 'missing:')

  const answer = oauth.validateAuthResponse(server, client, back, state)
  const redeemed = await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      answer,
      REDIRECT,
      verifier,
      options,
    ),
  )
  t.match(redeemed, { token_type: 'bearer', scope: 'activities:read', expires_in: 600 })

  const renew = async (token = '') =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, options),
    )
  const renewed = await renew(redeemed.refresh_token)
  t.not(renewed.refresh_token, redeemed.refresh_token)

  const revoked = await oauth.revocationRequest(
    server,
    client,
    oauth.None(),
    renewed.refresh_token ?? '',
    options,
  )
  await oauth.processRevocationResponse(revoked)
  const error: unknown = await renew(renewed.refresh_token).catch((error: unknown) => error)
  t.match(error, { error: 'invalid_grant' })
})
