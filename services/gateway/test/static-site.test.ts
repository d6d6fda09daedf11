import { Agent, get as httpGet, type IncomingMessage } from 'node:http'
import { brotliDecompressSync } from 'node:zlib'
import t from 'tap'
import { startHarness } from './harness.ts'

const harness = await startHarness(t)
const { app } = await harness.gateway()
const get = (url: string) => app.inject({ url })

t.test('static site: served with a strict content security policy', async (t) => {
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

t.test('static site: with https, sends Strict-Transport-Security', async (t) => {
  const { app } = await harness.gateway({ PUBLIC_URL: 'https://ikigai.example' }, t)
  t.equal((await app.inject({ url: '/' })).headers['strict-transport-security'], 'max-age=31536000')
  const all = await harness.gateway({ PUBLIC_URL: 'https://ikigai.example', HSTS_SUBDOMAINS: 'true' }, t)
  const { headers } = await all.app.inject({ url: '/' })
  t.equal(headers['strict-transport-security'], 'max-age=31536000; includeSubDomains', 'when it is asked for')
})

t.test('static site: loads only its own files; files with a content hash are cached', async (t) => {
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

t.test('static site: compressed if the client accepts it', async (t) => {
  const response = await app.inject({ url: '/', headers: { 'accept-encoding': 'gzip, br' } })
  t.match(response.headers, { 'content-encoding': 'br', 'content-type': 'text/html; charset=utf-8' })
  t.match(brotliDecompressSync(response.rawPayload).toString(), '<title>ikigai</title>')
  t.notOk((await get('/')).headers['content-encoding'])
})

t.test('static site: serves no other files', async (t) => {
  for (const url of ['/package.json', '/../package.json', '/assets/../../package.json', '/assets/'])
    t.equal((await get(url)).statusCode, 404, url)
})

t.test('keep-alive: longer than that of a proxy in front', async (t) => {
  const keptBy = async (env: Record<string, string>) => {
    const gateway = await harness.gateway(env, t)
    const { http: url } = gateway.urls
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(`${url}/`, { agent: new Agent({ keepAlive: true }) }, resolve).on('error', reject)
    })
    response.destroy()
    return response.headers['keep-alive']
  }
  t.equal(await keptBy({}), 'timeout=72')
  t.equal(await keptBy({ KEEP_ALIVE_TIMEOUT: '6m' }), 'timeout=360')
})

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

t.test('static site: common addresses are redirected', async (t) => {
  const places = {
    '/status/': '/status',
    '/Status': '/status',
    '/status.html/': '/status',
    '/DOCS/': '/docs',
    '/api/': '/docs',
    '/problems/': '/problems',
    '/openapi.json/': '/openapi.json',
    '/login': '/auth/login',
    '/Login/?return_to=%2Fstatus': '/auth/login?return_to=%2Fstatus',
    '/signup': '/auth/login',
    '/logout': '/',
    '/home': '/',
    '/problems/not-found/': '/problems/not-found',
    '/nowhere/at/all//': '/nowhere/at/all',
  }
  for (const [url, place] of Object.entries(places)) {
    const response = await app.inject({ url, headers: HTML })
    t.match([response.statusCode, response.headers.location], [302, place], url)
  }
  for (const url of new Set(Object.values(places)))
    if (!/^.(auth|nowhere)/.test(url))
      t.equal((await app.inject({ url, headers: HTML })).statusCode, 200, url)
  t.equal((await app.inject({ url: '/docs/', headers: HTML })).statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url: '/login' })).statusCode, 404)
})

t.test('static site: serves favicon, robots.txt and the like', async (t) => {
  const files = {
    '/favicon.ico': /^image\/(x-icon|vnd\.microsoft\.icon)/,
    '/apple-touch-icon.png': /^image\/png/,
    '/icon.svg': /^image\/svg/,
    '/robots.txt': /^text\/plain/,
    '/page.css': /^text\/css/,
  }
  for (const [url, type] of Object.entries(files)) {
    const { statusCode, headers } = await get(url)
    t.equal(statusCode, 200, url)
    t.match(headers['content-type'], type)
  }
})

t.test('unknown address: a page for browsers, a problem for programs', async (t) => {
  for (const url of [
    '/nowhere',
    '/status/x',
    '/problems/nothing',
    '/assets/gone.js',
    '//evil.example/',
    '/%5Cevil.example/',
    '/%3Cscript%3E',
  ]) {
    const page = await app.inject({ url, headers: HTML })
    t.equal(page.statusCode, 404, url)
    t.match(page.headers, { 'content-type': /^text\/html/, 'content-security-policy': "default-src 'none'" })
    t.match(page.body, 'href="/page.css"')
    t.notMatch(page.body, /<script|evil/)
    t.match((await get(url)).json(), { type: '/problems/not-found', status: 404 })
  }
})
