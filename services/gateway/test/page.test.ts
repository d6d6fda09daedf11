import { brotliDecompressSync } from 'node:zlib'
import t from 'tap'
import { startWorld } from './world.ts'

const world = await startWorld(t)
const { app } = await world.gateway()
const get = (url: string) => app.inject({ url })

t.test('the page, under a strict policy', async (t) => {
  const response = await get('/')
  t.equal(response.statusCode, 200)
  t.match(response.headers, {
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
  })
  const policy = String(response.headers['content-security-policy']).split(';')
  t.ok(policy.includes("default-src 'none'"))
  t.ok(policy.includes("script-src 'self'"))
  t.ok(policy.includes("frame-ancestors 'none'"))
  t.ok(policy.includes("style-src 'self'"))
  t.notMatch(policy.join(), /unsafe|https?:|data:|\*/)
  t.notOk(response.headers['strict-transport-security'], 'a laptop has no https')
})

t.test('behind https browsers stay there', async (t) => {
  const { app } = await world.gateway({ PUBLIC_URL: 'https://ikigai.example' }, t)
  t.match((await app.inject({ url: '/' })).headers['strict-transport-security'], /^max-age=\d{8}/)
})

t.test('loads its own files and nothing else, and keeps those whose names are their content', async (t) => {
  for (const path of ['/', '/status']) {
    const { body, headers } = await get(path)
    t.equal(headers['cache-control'], 'no-cache', path)
    t.notMatch(body, /<style|style=|<script(?! type="module" crossorigin src="\/)|\son\w+=/, 'nothing inline')
    const files = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '')
    t.ok(files.includes('/icon.svg') && files.some((file) => file.endsWith('.js')), path)
    for (const file of files) {
      t.match(file, /^\/\w/, 'of this site')
      const asset = await get(file)
      t.equal(asset.statusCode, 200, file)
      const isForever = /^public, max-age=\d{8}, immutable$/
      t.match(asset.headers['cache-control'], file.startsWith('/assets/') ? isForever : /^no-cache$/)
      t.notMatch(asset.body, /url\((?!\/)/, 'no address beyond')
    }
  }
})

t.test('comes compressed to those who can take it', async (t) => {
  const response = await app.inject({ url: '/', headers: { 'accept-encoding': 'gzip, br' } })
  t.match(response.headers, { 'content-encoding': 'br', 'content-type': 'text/html; charset=utf-8' })
  t.match(brotliDecompressSync(response.rawPayload).toString(), '<title>ikigai</title>')
  t.notOk((await get('/')).headers['content-encoding'])
})

t.test('serves nothing else of the file system', async (t) => {
  for (const url of ['/package.json', '/../package.json', '/assets/../../package.json', '/assets/'])
    t.equal((await get(url)).statusCode, 404, url)
})
