// An app that is a page, on an origin of its own. It has no secret and no server: PKCE protects the code, and the refresh
// token, kept for this tab only, is exchanged for another one at each use.

const { issuer, client_id: clientId } = await (await fetch('config.json')).json()
const server = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
const redirectUri = `${location.origin}/`
const element = (id) => document.getElementById(id)
const say = (text) => {
  element('status').textContent = text
}

let accessToken

const post = (address, form) =>
  fetch(address, { method: 'POST', body: new URLSearchParams({ client_id: clientId, ...form }) })

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

async function beginSignIn() {
  const [verifier, state] = [random(), random()]
  sessionStorage.setItem('sign-in', JSON.stringify({ verifier, state }))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'activities:read account:read',
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  })
  location.assign(`${server.authorization_endpoint}?${query}`)
}

async function completeSignIn(answer) {
  const begun = JSON.parse(sessionStorage.getItem('sign-in') ?? '{}')
  sessionStorage.removeItem('sign-in')
  history.replaceState(null, '', redirectUri)
  if (answer.get('state') !== begun.state || answer.get('iss') !== server.issuer)
    throw new Error('This answer is not for us.')
  if (answer.has('error')) throw new Error(answer.get('error_description'))
  const form = { grant_type: 'authorization_code', code: answer.get('code'), code_verifier: begun.verifier }
  await keep(await post(server.token_endpoint, { ...form, redirect_uri: redirectUri }))
}

async function keep(response) {
  const tokens = await response.json()
  if (!response.ok) {
    forget()
    throw new Error(tokens.error_description)
  }
  accessToken = tokens.access_token
  sessionStorage.setItem('refresh-token', tokens.refresh_token)
}

function forget() {
  accessToken = undefined
  sessionStorage.removeItem('refresh-token')
}

const renew = async () =>
  keep(
    await post(server.token_endpoint, {
      grant_type: 'refresh_token',
      refresh_token: sessionStorage.getItem('refresh-token'),
    }),
  )

/** Asks the API; an access token that has expired is renewed once. */
async function ask(path, isSecondTry = false) {
  const response = await fetch(`${issuer}${path}`, { headers: { authorization: `Bearer ${accessToken}` } })
  if (response.status === 401 && !isSecondTry) {
    await renew()
    return ask(path, true)
  }
  const body = await response.json()
  if (!response.ok) throw new Error(body.detail)
  return body
}

async function show() {
  const [{ first_name: name }, activity] = await Promise.all([ask('/v1/me'), ask('/v1/activities/random')])
  say(`${name}: ${activity.name}`)
}

async function signOut() {
  await post(server.revocation_endpoint, { token: sessionStorage.getItem('refresh-token') })
  forget()
  say('Signed out.')
}

/** Does something, and shows the buttons that make sense afterwards. */
async function act(step) {
  try {
    await step()
  } catch (error) {
    say(error.message)
  }
  const isSignedIn = sessionStorage.getItem('refresh-token') !== null
  element('sign-in').hidden = isSignedIn
  for (const id of ['another', 'refresh', 'sign-out']) element(id).hidden = !isSignedIn
}

element('sign-in').addEventListener('click', () => act(beginSignIn))
element('another').addEventListener('click', () => act(show))
element('refresh').addEventListener('click', () =>
  act(async () => {
    await renew()
    say('Renewed.')
  }),
)
element('sign-out').addEventListener('click', () => act(signOut))

await act(async () => {
  const answer = new URLSearchParams(location.search)
  if (answer.has('state')) await completeSignIn(answer)
  else if (sessionStorage.getItem('refresh-token') !== null) await renew()
  else return say('Not signed in.')
  await show()
})
