import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t from 'tap'
import { compressOnce } from '../src/middleware/compress-once.ts'
import { startHarness } from './harness.ts'

t.test('a constant answer is compressed once for each encoding', async (t) => {
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
  const ask = (url: string, accepted?: string) =>
    app.inject({ url, headers: accepted === undefined ? {} : { 'accept-encoding': accepted } })
  const answers = await Promise.all([1, 2, 3].map(() => ask('/long', 'gzip, br')))
  t.same(
    answers.map(({ body }) => body),
    ['br', 'br', 'br'],
  )
  t.equal((await ask('/long', 'br;q=0, gzip')).body, 'gzip')
  t.same(runs, ['br', 'gzip'])
  const plain = await ask('/long')
  t.equal(plain.body.length, 2_000)
  t.match(plain.headers, { vary: 'accept-encoding', 'content-length': '2000' })
  t.equal((await ask('/short', 'br')).headers['content-encoding'], undefined)
  t.equal((await ask('/picture', 'br')).headers['content-encoding'], undefined)
  t.same(runs, ['br', 'gzip'])
})

t.test('the documentation, compressed, is what it is without', async (t) => {
  const { app } = await (await startHarness(t)).gateway()
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const url of [
    '/openapi.json',
    '/asyncapi.json',
    '/docs/',
    '/docs/static/swagger-ui-bundle.js',
    '/docs/messages',
  ]) {
    const plain = await app.inject({ url })
    t.equal(plain.statusCode, 200, url)
    for (const encoding of ['br', 'gzip'] as const) {
      const packed = await app.inject({ url, headers: { 'accept-encoding': encoding } })
      t.equal(packed.headers['content-encoding'], encoding, `${url} ${encoding}`)
      t.ok(unpack[encoding](packed.rawPayload).equals(plain.rawPayload), `${url} ${encoding}: the same`)
    }
  }
})
