// A command-line app: signs an athlete in through the browser, reads one activity, and signs out.
//
//   node examples/apps/cli.mjs <address of ikigai> <client id>
//
// Nothing but Node. The app was registered with the redirect URI http://127.0.0.1/callback: on loopback any port will do.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const [issuer = '', clientId = ''] = process.argv.slice(2)
if (clientId === '') {
  console.error('Usage: node examples/apps/cli.mjs <address of ikigai> <client id>')
  process.exit(2)
}

/** Fails with the server's own words. */
async function json(response) {
  const body = await response.json()
  if (!response.ok) throw new Error(body.error_description ?? body.detail ?? `status ${response.status}`)
  return body
}

// 1. What the server can do, and where.
const server = await json(await fetch(`${issuer}/.well-known/oauth-authorization-server`))
if (server.issuer !== issuer) throw new Error(`${issuer} calls itself ${server.issuer}: use that address`)

// 2. Listen on a port of this computer for the browser to come back to.
const listener = createServer()
listener.listen(0, '127.0.0.1')
await once(listener, 'listening')
const redirectUri = `http://127.0.0.1:${listener.address().port}/callback`

// 3. Send the athlete to ikigai. The verifier stays here: without it the code is worth nothing.
const verifier = randomBytes(32).toString('base64url')
const state = randomBytes(16).toString('base64url')
const authorization = new URL(server.authorization_endpoint)
authorization.search = new URLSearchParams({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: 'activities:read',
  state,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})
console.log(`Open this address in your browser:\n\n${authorization}\n`)

const answer = await new Promise((resolve) => {
  listener.on('request', (request, response) => {
    const url = new URL(request.url, redirectUri)
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.setHeader('connection', 'close')
    if (url.pathname !== '/callback') return response.writeHead(404).end('Nothing here.')
    response.end('You can close this window.')
    resolve(url.searchParams)
  })
})
listener.close()
// The answer belongs to this very request, and comes from this very server (RFC 9207).
if (answer.get('state') !== state || answer.get('iss') !== issuer)
  throw new Error('This answer is not for us.')
if (answer.has('error')) throw new Error(answer.get('error_description') ?? answer.get('error'))

// 4. Exchange the code for tokens.
const post = (address, form) => fetch(address, { method: 'POST', body: new URLSearchParams(form) })
const tokens = await json(
  await post(server.token_endpoint, {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code: answer.get('code'),
    code_verifier: verifier,
  }),
)

// 5. Use the API. The access token lasts `expires_in` seconds; then exchange the refresh token for the next pair.
const activity = await json(
  await fetch(`${issuer}/v1/activities/random`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  }),
)
console.log(`One of your activities: ${activity.name}, ${Math.round(activity.distance_meters / 100) / 10} km`)

// 6. Sign out.
await post(server.revocation_endpoint, { client_id: clientId, token: tokens.refresh_token })
console.log('Signed out.')
