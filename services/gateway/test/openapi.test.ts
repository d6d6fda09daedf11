import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { API, EVENT_TYPES, eventSubject } from '@ikigai/contracts'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import t from 'tap'
import { PROBLEM_KINDS } from '../src/api-docs/problem-kinds.ts'
import { parseProblemTexts } from '../src/api-docs/problem-texts.ts'
import { startHarness } from './harness.ts'

const harness = await startHarness(t)
const { app } = await harness.gateway()
const texts = parseProblemTexts(await readFile(new URL('../../../docs/problems.md', import.meta.url), 'utf8'))

t.test('OpenAPI: the document is valid OpenAPI 3.1', async (t) => {
  const response = await app.inject({ url: '/openapi.json' })
  t.equal(response.statusCode, 200)
  t.match(response.json(), { openapi: /^3\.1\./, paths: { '/v1/activities/random': { get: {} } } })
  const config = await createConfig({ extends: ['recommended-strict'] })
  const faults = await lintFromString({ source: response.body, config, absoluteRef: '/openapi.json' })
  t.strictSame(
    faults.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`),
    [],
  )
})

t.test("OpenAPI: the client's copy is up to date (npm run client)", async (t) => {
  const copy = await readFile(createRequire(import.meta.url).resolve('@ikigai/client/openapi.json'), 'utf8')
  t.strictSame(JSON.parse(copy), (await app.inject({ url: '/openapi.json' })).json())
})

t.test('OpenAPI: answers 304 to a client that has the document', async (t) => {
  const { headers } = await app.inject({ url: '/openapi.json' })
  const known = { 'if-none-match': `"other", ${headers['etag']}` }
  const again = await app.inject({ url: '/openapi.json', headers: known })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  const packed = await app.inject({ url: '/openapi.json', headers: { 'accept-encoding': 'br' } })
  t.equal(packed.headers['content-encoding'], 'br')
})

t.test('API docs: work in a browser, and load nothing from other sites', async (t) => {
  const page = await app.inject({ url: '/docs/' })
  t.equal(page.statusCode, 200)
  t.notMatch(page.body, /<style|style=|https?:\/\//)
  t.notMatch(page.headers['content-security-policy'], /unsafe|https?:|\*/)
})

t.test('AsyncAPI: describes events and requests over NATS', async (t) => {
  const page = await app.inject({ url: '/docs/messages' })
  t.equal(page.statusCode, 200)
  t.notMatch(page.body, /<style|style=|https?:\/\/(?!json-schema)/)
  for (const type of EVENT_TYPES) t.match(page.body, eventSubject(type, '*'))
  for (const { subject } of Object.values(API)) t.match(page.body, subject)
  const document = await app.inject({ url: '/asyncapi.json' })
  const copy = await readFile(
    createRequire(import.meta.url).resolve('@ikigai/contracts/asyncapi.json'),
    'utf8',
  )
  t.strictSame(document.json(), JSON.parse(copy))
})

t.test('problem pages: each kind of problem has one', async (t) => {
  const names = texts.map(({ name }) => name)
  for (const [name, { status }] of Object.entries(PROBLEM_KINDS)) {
    t.ok(names.includes(name), `${name} is explained`)
    t.equal(texts.find((text) => text.name === name)?.status, String(status))
  }
  for (const { name } of texts) {
    const response = await app.inject({ url: `/problems/${name}` })
    t.equal(response.statusCode, 200, name)
    t.match(response.headers['content-type'], /^text\/html/)
  }
  t.equal((await app.inject({ url: '/problems/none' })).statusCode, 404)
  t.equal((await app.inject({ url: '/problems' })).statusCode, 200)
})

t.test('rate limit: every public route has one per address', async (t) => {
  for (const url of ['/', '/docs', '/problems', '/openapi.json', '/v1/status']) {
    const { app } = await harness.gateway({ API_RATE_LIMIT: '2', TRUST_PROXY: '127.0.0.1' }, t)
    const ask = (address: string) => app.inject({ url, headers: { 'x-forwarded-for': address } })
    await ask('203.0.113.1')
    await ask('203.0.113.1')
    const refused = await ask('203.0.113.1')
    t.equal(refused.statusCode, 429, url)
    t.match(refused.headers['content-type'], 'application/problem+json')
    t.match(refused.headers['retry-after'], /^\d+$/)
    t.not((await ask('203.0.113.2')).statusCode, 429, 'another address')
  }
})

t.test('rate limit: counts requests and rejects too many', async (t) => {
  const { app } = await harness.gateway({ API_RATE_LIMIT: '2', CORS_ORIGINS: 'https://app.example' }, t)
  const ask = () => app.inject({ url: '/v1/me', headers: { origin: 'https://app.example' } })
  const first = await ask()
  t.equal(first.statusCode, 401)
  t.match(first.headers, { 'ratelimit-limit': '2', 'ratelimit-remaining': '1' })
  t.equal(first.headers['access-control-allow-origin'], 'https://app.example')
  t.notOk(first.headers['access-control-allow-credentials'])
  await ask()
  const refused = await ask()
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { type: '/problems/too-many-requests' })
  t.ok(refused.headers['retry-after'])
})
