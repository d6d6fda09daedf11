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
  t.notMatch(policy.join(), /unsafe|https?:|\*/)
  t.notOk(response.headers['strict-transport-security'], 'a laptop has no https')
})

t.test('behind https browsers stay there', async (t) => {
  const { app } = await world.gateway({ PUBLIC_URL: 'https://ikigai.example' }, t)
  t.match((await app.inject({ url: '/' })).headers['strict-transport-security'], /^max-age=\d{8}/)
})

t.test('loads its own files and nothing else', async (t) => {
  const { body } = await get('/')
  t.notMatch(body, /<style|style=|<script(?! type="module" src="\/)|\son\w+=/, 'nothing inline')
  const files = [...body.matchAll(/(?:src|href)="(\/[^"]*\.\w+)"/g)].map(([, path]) => path ?? '')
  t.strictSame(files.sort(), ['/icon.svg', '/page.css', '/page.js'])
  const types = { css: /^text\/css/, js: /^(text|application)\/javascript/, svg: /^image\/svg/ }
  for (const path of [...files, '/api.js', '/format.js']) {
    const response = await get(path)
    t.equal(response.statusCode, 200, path)
    const [, type] = Object.entries(types).find(([extension]) => path.endsWith(extension)) ?? []
    t.match(response.headers['content-type'], type, path)
    t.notMatch(response.body.replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\/(?!www\.strava\.com)/)
  }
})

t.test('says what Strava asks for', async (t) => {
  const { body } = await get('/')
  for (const text of ['Connect with Strava', 'View on Strava', 'Powered by Strava', 'href="/auth/login"'])
    t.match(body, text)
})
