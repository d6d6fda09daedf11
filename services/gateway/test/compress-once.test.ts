import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t from 'tap'
import { compressOnce } from '../src/middleware/compress-once.ts'
import { startHarness } from './harness.ts'

const accepting = (encoding: string) => ({ 'accept-encoding': encoding })

t.test('compression: an answer is compressed once for each encoding', async (t) => {
  const runs: string[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  const compress = (encoding: string) => async () => {
    runs.push(encoding)
    return Buffer.from(encoding)
  }
  compressOnce(app, { br: compress('br'), gzip: compress('gzip') })
  app.get('/long', (_request, reply) => reply.type('text/plain').send('x'.repeat(2_000)))
  app.get('/short', (_request, reply) => reply.type('text/plain').send('x'))
  app.get('/picture', (_request, reply) => reply.type('image/png').send('x'.repeat(2_000)))
  const ask = (url: string, encoding: string) => app.inject({ url, headers: accepting(encoding) })
  for (const answer of await Promise.all([1, 2, 3].map(() => ask('/long', 'gzip, br'))))
    t.equal(answer.body, 'br')
  t.equal((await ask('/long', 'br;q=0, gzip')).body, 'gzip')
  t.same(runs, ['br', 'gzip'])
  const plain = await app.inject('/long')
  t.equal(plain.body.length, 2_000)
  t.match(plain.headers, { vary: 'accept-encoding', 'content-length': '2000' })
  for (const url of ['/short', '/picture'])
    t.equal((await ask(url, 'br')).headers['content-encoding'], undefined)
  t.same(runs, ['br', 'gzip'])
})

t.test('compression: retried after a failure', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let tries = 0
  const compress = async () => {
    tries += 1
    if (tries === 1) throw new Error('no memory')
    return Buffer.from('packed')
  }
  compressOnce(app, { br: compress, gzip: compress })
  app.get('/', (_request, reply) => reply.type('text/plain').send('x'.repeat(2_000)))
  t.equal((await app.inject({ url: '/', headers: accepting('br') })).statusCode, 500)
  t.equal((await app.inject({ url: '/', headers: accepting('br') })).body, 'packed')
})

t.test(
  'compression: the documentation is unchanged by it, and answered 304 to a client that has it',
  async (t) => {
    const { app } = await (await startHarness(t)).gateway()
    const unpack = { br: brotliDecompressSync, gzip: gunzipSync }
    for (const url of ['/openapi.json', '/asyncapi.json', '/docs/static/swagger-ui.css', '/docs/messages']) {
      const plain = await app.inject({ url, headers: accepting('identity') })
      t.equal(plain.statusCode, 200, url)
      for (const encoding of ['br', 'gzip', 'br'] as const) {
        const packed = await app.inject({ url, headers: accepting(encoding) })
        t.equal(packed.headers['content-encoding'], encoding, `${url} ${encoding}`)
        t.equal(packed.headers['etag'], plain.headers['etag'])
        t.ok(unpack[encoding](packed.rawPayload).equals(plain.rawPayload), `${url} ${encoding}: the same`)
      }
      const known = { ...accepting('br'), 'if-none-match': String(plain.headers['etag']) }
      t.match(await app.inject({ url, headers: known }), { statusCode: 304, body: '' }, url)
    }
  },
)
