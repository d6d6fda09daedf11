import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { freePort, type TestContext } from '@ikigai/testkit'
import t from 'tap'
import { startHarness } from './harness.ts'

const harness = await startHarness(t)

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A fake of auth, with a gateway in front of it. */
async function behindGateway(t: TestContext, answer?: RequestListener) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    request.setEncoding('utf8')
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    seen.push({ method, url, headers, body })
    if (answer !== undefined) return answer(request, response)
    response.end('from auth')
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  const { app } = await harness.gateway({ AUTH_URL: `http://127.0.0.1:${port}` }, t)
  return { app, seen }
}

t.test('auth proxy: forwards requests unchanged', async (t) => {
  const { app, seen } = await behindGateway(t)
  const form = { 'content-type': 'application/x-www-form-urlencoded', cookie: 'state=abc' }
  const response = await app.inject({
    method: 'POST',
    url: '/auth/logout?a=1&a=2&b=%20c',
    headers: form,
    payload: 'x=1&y=2',
  })
  t.equal(response.statusCode, 200)
  t.equal(response.body, 'from auth')
  t.match(seen[0], { method: 'POST', url: '/auth/logout?a=1&a=2&b=%20c', headers: form, body: 'x=1&y=2' })
  await app.inject({ method: 'POST', url: '/auth/logout', payload: { json: true } })
  t.equal(seen[1]?.body, '{"json":true}')
  await app.inject({ method: 'POST', url: '/auth/logout' })
  t.equal(seen[2]?.body, '')
})

t.test('auth proxy: answers Expect itself, and logs no error', async (t) => {
  const { app, seen } = await behindGateway(t)
  for (const [method, url] of [
    ['POST', '/auth/logout'],
    ['GET', '/auth/login'],
  ] as const) {
    const headers = { host: 'localhost:8080', expect: '100-continue' }
    t.equal((await app.inject({ method, url, headers })).statusCode, 200)
  }
  t.match(seen, [{ headers: { expect: undefined } }, { headers: { expect: undefined } }])
  t.notMatch(harness.logs.text(), 'auth did not respond')
})

t.test('auth proxy: returns redirects, cookies and policies of auth', async (t) => {
  const { app } = await behindGateway(t, (_request, response) => {
    response.setHeader('set-cookie', ['a=1; HttpOnly', 'b=2'])
    response.setHeader('content-security-policy', "default-src 'none'")
    response.writeHead(302, {
      location: 'https://www.strava.com/oauth/authorize?state=x',
      'keep-alive': 'timeout=5',
    })
    response.end()
  })
  const response = await app.inject({ url: '/auth/login', headers: { host: 'localhost:8080' } })
  t.equal(response.statusCode, 302)
  t.equal(response.headers.location, 'https://www.strava.com/oauth/authorize?state=x')
  t.strictSame(response.headers['set-cookie'], ['a=1; HttpOnly', 'b=2'])
  t.equal(response.headers['content-security-policy'], "default-src 'none'", "auth's own")
  t.notOk(response.headers['keep-alive'])
})

t.test('auth proxy: drops forwarding headers of the client', async (t) => {
  const { app, seen } = await behindGateway(t)
  await app.inject({
    url: '/auth/callback',
    headers: {
      host: 'evil.example',
      forwarded: 'for=1.2.3.4;host=evil.example',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      'x-real-ip': '1.2.3.4',
      'x-request-id': 'chosen',
      'x-original-url': '/admin',
      'proxy-authorization': 'Basic x',
      te: 'trailers',
      connection: 'close, x-secret-hop',
      'x-secret-hop': 'dropped',
      'x-kept': 'kept',
    },
  })
  const { headers } = seen[0] ?? {}
  t.equal(headers?.['x-forwarded-for'], '127.0.0.1')
  t.equal(headers?.['x-kept'], 'kept')
  t.match(headers?.['x-request-id'], /^[0-9a-f-]{36}$/)
  t.match(headers?.host, /^127\.0\.0\.1:/)
  for (const name of [
    'forwarded',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-real-ip',
    'x-original-url',
    'proxy-authorization',
    'te',
    'x-secret-hop',
  ])
    t.equal(headers?.[name], undefined, name)
  t.notMatch(JSON.stringify(headers), 'evil.example')
})

t.test('auth proxy: forwards only /auth, and only the methods of auth', async (t) => {
  const { app, seen } = await behindGateway(t)
  for (const url of ['/auth/%2e%2e/internal', '/auth/..%2finternal', '/auth/%5c..%5cinternal'])
    t.ok([400, 404].includes((await app.inject({ url })).statusCode), url)
  for (const url of ['/authority', '/Auth/callback', '//auth/login'])
    t.equal((await app.inject({ url })).statusCode, 404, url)
  t.equal((await app.inject({ url: '/Auth/login' })).headers.location, '/auth/login')
  for (const method of ['PUT', 'DELETE', 'PATCH'] as const)
    t.equal((await app.inject({ method, url: '/auth/login' })).statusCode, 404, method)
  t.strictSame(seen, [])
})

t.test('auth proxy: rejects long bodies', async (t) => {
  const { app, seen } = await behindGateway(t)
  const response = await app.inject({ method: 'POST', url: '/auth/logout', payload: 'x'.repeat(16_385) })
  t.equal(response.statusCode, 413)
  t.match(response.json(), { type: '/problems/content-too-large' })
  const chunked = { 'transfer-encoding': 'chunked' }
  t.equal((await app.inject({ method: 'POST', url: '/auth/logout', headers: chunked })).statusCode, 413)
  t.strictSame(seen, [])
})

t.test('auth proxy: answers 503 while auth is down', async (t) => {
  const { app } = await harness.gateway({ AUTH_URL: `http://127.0.0.1:${await freePort()}` }, t)
  const response = await app.inject({ url: '/auth/callback?code=very-secret' })
  t.equal(response.statusCode, 503)
  t.match(response.headers, { 'content-type': /^application\/problem\+json/, 'retry-after': '5' })
  t.match(response.json(), { type: '/problems/auth-unavailable' })
  t.notMatch(harness.logs.text(), 'very-secret')
  t.equal((await app.inject({ url: '/v1/status' })).statusCode, 200, 'the rest goes on')
})

t.test('auth proxy: answers 503 if auth breaks the connection', async (t) => {
  const { app, seen } = await behindGateway(t, (request) => request.socket.destroy())
  t.equal((await app.inject({ url: '/auth/callback?code=1' })).statusCode, 503)
  t.equal(seen.length, 1)
})

t.test("auth proxy: returns auth's errors, and repeats no request", async (t) => {
  const { app, seen } = await behindGateway(t, (_request, response) => {
    response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain' })
    response.end('later')
  })
  const response = await app.inject({ url: '/auth/callback?code=once' })
  t.equal(response.statusCode, 503)
  t.equal(response.body, 'later')
  t.equal(seen.length, 1)
})

t.test('auth proxy: redirects a sign-in under another host name to PUBLIC_URL, once', async (t) => {
  const { app, seen } = await behindGateway(t)
  const login = (host: string, url = '/auth/login') => app.inject({ url, headers: { host } })
  for (const host of [
    '127.0.0.1:8080',
    'localhost',
    'localhost:8081',
    '[::1]:8080',
    'evil.example',
    'localhost.:8080',
  ]) {
    const led = await login(host, '/auth/login?return_to=%2Fa%3Fb&client=browser')
    t.equal(led.statusCode, 302, host)
    const target = 'http://localhost:8080/auth/login?return_to=%2Fa%3Fb&client=browser&at=public'
    t.match(led.headers, { location: target, 'cache-control': 'no-store' })
  }
  t.equal((await login('127.0.0.1:8080')).headers.location, 'http://localhost:8080/auth/login?at=public')
  t.strictSame(seen, [])
  for (const host of ['localhost:8080', 'LOCALHOST:8080']) await login(host)
  await login('hidden-by-a-proxy:3000', '/auth/login?at=public')
  t.equal(seen.length, 3, 'where it may begin, and behind a proxy that hides the host')
  await login('127.0.0.1:8080', '/auth/callback?code=x')
  t.equal(seen.length, 4, 'nothing else is led away')
})

t.test('auth proxy: accepts PUBLIC_URL with and without the default port', async (t) => {
  const { app } = await harness.gateway(
    { PUBLIC_URL: 'https://ikigai.example', AUTH_URL: `http://127.0.0.1:${await freePort()}` },
    t,
  )
  const statusAt = async (host: string) =>
    (await app.inject({ url: '/auth/login', headers: { host } })).statusCode
  t.equal(await statusAt('ikigai.example'), 503)
  t.equal(await statusAt('ikigai.example:443'), 503)
  t.equal(await statusAt('www.ikigai.example'), 302)
})

t.test('auth proxy: while auth is down, browsers get a page whose URL contains no code', async (t) => {
  const { app } = await harness.gateway({ AUTH_URL: `http://127.0.0.1:${await freePort()}` }, t)
  const headers = { host: 'localhost:8080', accept: 'text/html,*/*;q=0.8' }
  const callback = await app.inject({ url: '/auth/callback?code=secret&state=s', headers })
  t.match([callback.statusCode, callback.headers.location], [303, '/sign-in-unavailable'])
  for (const url of ['/sign-in-unavailable', '/auth/login']) {
    const page = await app.inject({ url, headers })
    t.equal(page.statusCode, 503)
    t.match(page.headers, { 'content-type': /^text\/html/, 'retry-after': '5', 'cache-control': 'no-store' })
    t.match(page.body, '<h1>Signing in and out is unavailable</h1>')
    t.match(page.body, 'href="/auth/login"')
  }
})
