import { once } from 'node:events'
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { StravaClient } from '../src/index.ts'
import { answering, clientOf, localServer, SECRETS } from './support.ts'

const LIMITS = { 'x-ratelimit-limit': '200,2000', 'x-ratelimit-usage': '7,70' }

t.test('network: a server that never answers is a timeout', async (t) => {
  const { url } = await localServer(t, () => {})
  const result = await clientOf(url, { timeoutMs: 20 }).getAthlete(SECRETS.accessToken)
  t.match(result, { ok: false, error: { kind: 'timeout' } })
  t.equal(result.meta.status, undefined)
})

/** An answer whose headers are there at once, and whose body never ends. */
function endless(status: number): StravaClient {
  const answer = () => Promise.resolve(new Response(new ReadableStream(), { status, headers: LIMITS }))
  return clientOf('http://strava.example', { timeoutMs: 20, fetch: answer })
}

t.test('network: a body that never ends is a timeout, with what the headers said', async (t) => {
  for (const status of [200, 404]) {
    t.match(await endless(status).getAthlete(SECRETS.accessToken), {
      ok: false,
      error: { kind: 'timeout' },
      meta: { status, usage: { overall: { quarterHour: { limit: 200, used: 7 } } } },
    })
  }
})

t.test('network: a 429 or 5xx is what it is even if its body never ends', async (t) => {
  t.match(await endless(429).getAthlete(SECRETS.accessToken), { error: { kind: 'rate_limited' } })
  t.match(await endless(502).getAthlete(SECRETS.accessToken), { error: { kind: 'unavailable' } })
})

t.test('network: a body that a server never ends', async (t) => {
  const { url } = await localServer(t, (response) => {
    response.writeHead(200).write('{"id":')
  })
  const result = await clientOf(url, { timeoutMs: 200 }).getAthlete(SECRETS.accessToken)
  t.match(result, { ok: false, error: { kind: 'timeout' } })
})

t.test('network: a connection dropped before the answer may have been heard', async (t) => {
  const { url } = await localServer(t, (response) => response.destroy())
  const result = await clientOf(url).getAthlete(SECRETS.accessToken)
  t.match(result, { ok: false, error: { kind: 'network', sent: true } })
})

t.test('network: a connection dropped in the body keeps what the headers said', async (t) => {
  const { url } = await localServer(t, (response) => {
    response.writeHead(200, { ...LIMITS, 'content-length': '1000' })
    response.write('{"id":1', () => response.destroy())
  })
  const result = await clientOf(url).getAthlete(SECRETS.accessToken)
  t.match(result, {
    ok: false,
    error: { kind: 'network', sent: true },
    meta: { status: 200, usage: { overall: { day: { limit: 2000, used: 70 } } } },
  })
})

t.test('network: an answer that is no HTTP may have been counted', async (t) => {
  const server = createServer((socket) => socket.end('SSH-2.0-x\r\n\r\n'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  t.match(await clientOf(`http://127.0.0.1:${port}`).getAthlete('x'), {
    error: { kind: 'network', sent: true },
  })
})

t.test('network: a refused connection was not sent', async (t) => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  server.close()
  await once(server, 'close')
  for (const host of ['127.0.0.1', 'localhost']) {
    const result = await clientOf(`http://${host}:${port}`).getAthlete(SECRETS.accessToken)
    t.match(result, { ok: false, error: { kind: 'network', sent: false, code: 'ECONNREFUSED' } }, host)
    t.equal(result.meta.status, undefined)
  }
})

t.test('network: failures before the request could leave, as Node reports them', async (t) => {
  const failing = (cause: object) =>
    clientOf('http://strava.example', {
      fetch: () =>
        Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('secret'), cause) })),
    }).getAthlete(SECRETS.accessToken)
  const before = [
    { code: 'ENOTFOUND', syscall: 'getaddrinfo' },
    { code: 'EAI_AGAIN', syscall: 'getaddrinfo' },
    { code: 'ETIMEDOUT', syscall: 'connect' },
    { code: 'CERT_HAS_EXPIRED' },
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  ]
  for (const cause of before)
    t.match(await failing(cause), { error: { kind: 'network', sent: false, code: cause.code } })
  const after = [
    { code: 'ECONNRESET', syscall: 'read' },
    { code: 'EPIPE', syscall: 'write' },
    { code: 'HPE_INVALID_CONSTANT' },
  ]
  for (const cause of after)
    t.match(await failing(cause), { error: { kind: 'network', sent: true, code: cause.code } })
  t.notMatch(JSON.stringify(await failing({})), 'secret', "the failure's own text stays out")
})

t.test('network: a token that is no header value is not sent, and not shown', async (t) => {
  const { client, requests } = await answering(t, 200, '{"id":1}')
  const result = await client.getAthlete('tok\nen-1234')
  t.match(result, { ok: false, error: { kind: 'network', sent: false } })
  t.notMatch(JSON.stringify(result), 'en-1234')
  t.equal(requests.length, 0)
})

t.test('network: nothing is tried twice, and no redirect is followed', async (t) => {
  const { url, requests } = await localServer(t, (response) => {
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  t.match(await clientOf(url).refreshToken('r'), { error: { kind: 'unavailable', status: 307 } })
  t.equal(requests.length, 1)
})

t.test('client: gzip bodies are decoded, broken ones are malformed', async (t) => {
  const { client } = await answering(t, 200, '', {})
  t.match(await client.getActivity('x', '5'), { error: { kind: 'malformed' } }, 'an empty body')
  const rawText = '{"id":5,"name":"Zoë","start_date":"2026-11-01T07:00:00Z","athlete":{"id":7}}'
  const zipped = gzipSync(rawText)
  const serve = async (body: Buffer) => {
    const { url } = await localServer(t, (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body)
    })
    return await clientOf(url).getActivity('x', '5')
  }
  t.match(await serve(zipped), { ok: true, value: { id: '5', rawText } })
  t.match(await serve(Buffer.from(rawText)), { error: { kind: 'malformed' } }, 'not gzip at all')
  t.match(await serve(zipped.subarray(0, zipped.length - 12)), { error: { kind: 'malformed' } }, 'cut')
})

t.test('network: a body beyond the limit is given up, compressed or not', async (t) => {
  const megabyte = Buffer.alloc(1024 * 1024, ' ')
  let written = 0
  const { url } = await localServer(t, (response) => {
    const more = () => {
      while (written < 100 && !response.destroyed) {
        written++
        if (!response.write(megabyte)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const options = { maxBodyBytes: 2 * 1024 * 1024 }
  t.match(await clientOf(url, options).listActivities('x', { perPage: 1 }), { error: { kind: 'malformed' } })
  t.ok(written < 100, `the rest of the 100 MB is not read (${written} MB written)`)

  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '))
  const { url: bombUrl } = await localServer(t, (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
  })
  t.match(await clientOf(bombUrl, options).listActivities('x', { perPage: 1 }), {
    error: { kind: 'malformed' },
  })
})
