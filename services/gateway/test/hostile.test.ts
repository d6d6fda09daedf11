import { connect } from 'node:net'
import t from 'tap'
import { bearer, startHarness } from './harness.ts'
import { addActivities, addAthlete } from './seed.ts'

const ME = '42'
const harness = await startHarness(t)
const gateway = await harness.gateway()
const { http: url } = gateway.urls
const { port } = new URL(url)
const { token } = await harness.signIn(ME)
await addAthlete(harness.db, ME)
await addActivities(harness.db, ME, [{ id: '1' }])

/** Sends bytes unchanged. @returns all bytes of the answer */
function raw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      answer += chunk
    })
    // Without this time-out a connection that stays open would only show as a time-out of the whole file.
    socket.setTimeout(60_000, () => {
      socket.destroy(new Error(`no end of ${JSON.stringify(String(bytes).slice(0, 80))} after ${answer}`))
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const request = (path: string, headers: readonly string[] = [], method = 'GET') =>
  raw(
    `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers.map((h) => `${h}\r\n`).join('')}\r\n`,
  )

const authorization = `authorization: Bearer ${token}`
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])

t.test('hostile requests: unusual paths get 400 or 404', async (t) => {
  const paths = {
    '/../../etc/passwd': 404,
    '/..%2f..%2fetc/passwd': 404,
    '/%2e%2e/package.json': 404,
    '/.env': 404,
    '/src/app.ts': 404,
    '/public/page.js': 404,
    '//page.js': 404,
    '/page.js%00.html': 404,
    '/v1/activities/..%2f..%2fme': 400,
    '/v1/activities/%00': 400,
    '/v1/activities/%zz': 400,
    '/v1/activities/%ff': 400,
    '/v1//activities': 404,
    '/v1/activities/1/': 404,
    '/v1/activities/1;x=1': 400,
    '/v1/activities/\\1': 400,
    '/auth/../v1/me': 400,
    '/auth/\\..\\internal': 400,
    // The form that proxies use (RFC 9112, "absolute-form"): its host is ignored.
    'http://evil.example/v1/me': 200,
    '*': 200,
    '/metrics': 404,
    '/healthz': 404,
    '/readyz': 404,
  }
  for (const [path, status] of Object.entries(paths))
    t.equal(statusOf(await request(path, [authorization])), status, path)
  t.equal(statusOf(await request(`/${'a'.repeat(12_000)}`)), 404, 'a long one')
})

t.test('hostile requests: methods without a route get 405, unknown ones 400 or 404', async (t) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
    const answer = await request('/v1/activities', [authorization], method)
    t.equal(statusOf(answer), 405, method)
    t.match(answer, /^allow: GET, HEAD, OPTIONS\r$/im)
  }
  const options = await request('/v1/me', [], 'OPTIONS')
  t.equal(statusOf(options), 204)
  t.match(options, /^allow: (?=.*GET)(?=.*HEAD)(?=.*DELETE).*OPTIONS\r$/im)
  t.equal(statusOf(await request('/v1/activities', [authorization], 'PROPFIND')), 404)
  t.equal(statusOf(await request('/v1/activities', [authorization], 'BREW')), 400)
  t.equal(statusOf(await request('/v1/activities/random', [authorization], 'HEAD')), 200)
})

t.test('hostile requests: invalid headers get 400, 401 or 431', async (t) => {
  t.equal(statusOf(await request('/v1/me', [`x: ${'x'.repeat(20_000)}`])), 431)
  t.equal(statusOf(await request('/v1/me', [`authorization: Bearer ${'x'.repeat(10_000)}`])), 401)
  t.equal(statusOf(await request('/v1/me', ['cookie: ikigai_session=%zz%00', 'cookie: =;;=;'])), 401)
  t.equal(statusOf(await request('/v1/me', ['cookie: __proto__=1; constructor=2'])), 401)
  t.equal(statusOf(await request('/v1/me', ['authorization: Bearer é\u0001'])), 400)
  t.equal(statusOf(await request('/v1/me', [authorization, 'content-length: 5', 'content-length: 6'])), 400)
  const both = ['content-length: 5', 'transfer-encoding: chunked']
  t.equal(statusOf(await request('/v1/me', [authorization, ...both])), 400, 'request smuggling')
})

t.test('hostile requests: unknown expectations are answered 417', async (t) => {
  harness.logs.clear()
  for (const path of ['/v1/me', '/auth/login', '/docs', '/nowhere'])
    t.equal(statusOf(await request(path, [authorization, 'expect: a-miracle'])), 417, path)
  const continued = await request('/v1/me', [authorization, 'expect: 100-continue'])
  t.match(continued, 'HTTP/1.1 100 Continue')
  t.match(continued, 'HTTP/1.1 200 OK')
  t.notMatch(harness.logs.text(), /"level":"(warn|error)"/)
})

t.test('hostile requests: invalid and long bodies get 400 and 413', async (t) => {
  const body = '{"a":'
  const headers = [authorization, 'content-type: application/json', `content-length: ${body.length}`]
  const head = `DELETE /v1/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers.join('\r\n')}\r\n\r\n`
  const answer = await raw(head + body)
  t.equal(statusOf(answer), 400)
  t.match(answer, 'application/problem+json')
  const long = head.replace(`content-length: ${body.length}`, 'content-length: 70000')
  t.equal(statusOf(await raw(long + 'x'.repeat(70_000))), 413)
})

t.test('hostile requests: invalid HTTP is answered 400', async (t) => {
  t.equal(statusOf(await raw('\u0016\u0003\u0001 TLS?\r\n\r\n')), 400)
  t.equal(statusOf(await raw(Buffer.alloc(100, 0xff))), 400)
})

t.test('answers: do not reveal the software', async (t) => {
  const answers = await Promise.all([request('/v1/me'), request('/nowhere'), request('/v1/activities/%zz')])
  for (const answer of answers) {
    t.notMatch(answer, /fastify|node_modules|at .*\.ts|x-powered-by|^server:/im)
    t.match(answer, /content-type: application\/problem\+json/i)
  }
})

t.test('answers: do not reveal errors of PostgreSQL', async (t) => {
  await harness.db.execute('alter table activities rename to away')
  const marker = 'MarkerOfASecret'
  const response = await gateway.app.inject({
    url: `/v1/activities?sport_type=${marker}`,
    headers: bearer(token),
  })
  await harness.db.execute('alter table away rename to activities')
  t.equal(response.statusCode, 500)
  t.match(response.json(), { type: '/problems/internal', request_id: /^[0-9a-f-]{36}$/ })
  t.notMatch(response.body, /activities|select|relation/)
  t.match(harness.logs.text(), 'request failed')
  t.notMatch(harness.logs.text(), marker)
  t.notMatch(harness.logs.text(), token)
})

t.test('hostile requests: the gateway continues to work', async (t) => {
  const response = await fetch(`${url}/v1/activities/random`, { headers: bearer(token) })
  t.equal(response.status, 200)
  t.match(await response.json(), { id: '1' })
})
