// Signs a demo athlete in and asks for one of their activities, as a browser does, at an ikigai that runs with the simulator.
// With the simulator's address it also records an activity there, and waits until the webhook has brought it:
//
//   node deploy/smoke.mjs [http://localhost:8080 [http://localhost:8090]]
//
// Exits with 0 when all of it works. Needs Node alone.
const [base = 'http://localhost:8080', simulator] = process.argv
  .slice(2)
  .map((url) => url.replace(/\/+$/, ''))
const PATIENCE_MS = 60_000

/** @typedef {{ method?: string, body?: string | URLSearchParams, headers?: Record<string, string> }} Init */
/** @typedef {Readonly<Record<string, unknown>>} Json */
/** @typedef {{ url: string, status: number, body: string }} Page */

/** @type {Map<string, string>} cookies by host and name */
const cookies = new Map()

/** Browsers take *.localhost for this machine; the system's resolver may not. @param {string | URL} url */
function addressOf(url) {
  const address = new URL(url)
  if (address.protocol === 'http:' && address.hostname.endsWith('.localhost')) address.hostname = '127.0.0.1'
  return address
}

/**
 * One request with this program's cookies; redirects are not followed.
 *
 * @param {string} url
 * @param {Init} [init]
 */
async function send(url, init = {}) {
  const cookie = [...cookies]
    .filter(([key]) => key.startsWith(`${new URL(url).hostname} `))
    .map(([, pair]) => pair)
  const headers = { accept: 'text/html', ...init.headers, cookie: cookie.join('; ') }
  const response = await fetch(addressOf(url), {
    ...init,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
  })
  for (const line of response.headers.getSetCookie()) {
    const pair = line.split(';', 1)[0] ?? ''
    cookies.set(`${new URL(url).hostname} ${pair.split('=', 1)[0]}`, pair)
  }
  return response
}

/**
 * Follows redirects until there is a page.
 *
 * @param {string} url
 * @param {Init} [init]
 * @returns {Promise<Page>}
 */
async function follow(url, init) {
  let response = await send(url, init)
  let at = url
  for (let hop = 0; hop < 20 && response.headers.has('location'); hop += 1) {
    at = new URL(response.headers.get('location') ?? '', at).href
    response = await send(at)
  }
  return { url: at, status: response.status, body: await response.text() }
}

/** Presses the first button of the first form of a page. @param {Page} page */
function press({ url, body }) {
  const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(body)?.[0]
  if (form === undefined) throw new Error(`there is no form at ${url}: ${body.slice(0, 300)}`)
  /** @param {string} tag @param {string} name */
  const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&')
  const fields = new URLSearchParams()
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const isOff = /^(checkbox|radio)$/.test(attribute(tag, 'type') ?? '') && !/\bchecked\b/.test(tag)
    const name = attribute(tag, 'name')
    if (name !== undefined && !isOff) fields.append(name, attribute(tag, 'value') ?? '')
  }
  const button = /<button[^>]*>/.exec(form)?.[0] ?? ''
  const name = attribute(button, 'name')
  if (name !== undefined) fields.append(name, attribute(button, 'value') ?? '')
  const target = new URL(attribute(form, 'action') ?? '', url)
  if (attribute(form, 'method')?.toLowerCase() === 'post') {
    return follow(target.href, { method: 'POST', body: fields })
  }
  target.search = fields.toString()
  return follow(target.href)
}

/**
 * @param {string} path
 * @returns {Promise<{ status: number, body: Json }>}
 */
async function json(path) {
  const response = await send(`${base}${path}`, { headers: { accept: 'application/json' } })
  return { status: response.status, body: objectOf(await response.json()) }
}

/** @param {unknown} value @returns {Json} */
function objectOf(value) {
  if (typeof value !== 'object' || value === null) throw new Error('the answer is no JSON object')
  return Object.fromEntries(Object.entries(value))
}

/**
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined>} attempt
 * @returns {Promise<T>}
 */
async function until(what, attempt) {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const value = await attempt()
    if (value !== undefined) {
      console.log(`✓ ${what}`)
      return value
    }
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/**
 * An activity that is recorded at Strava comes by the webhook.
 *
 * @param {string} simulator
 */
async function recordAndAwait(simulator) {
  const { body: athlete } = await json('/v1/me')
  const recorded = await fetch(addressOf(`${simulator}/simulator/athletes/${athlete.id}/activities`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Smoke test' }),
  })
  if (!recorded.ok)
    throw new Error(`the simulator recorded nothing: ${recorded.status} ${await recorded.text()}`)
  const { id } = objectOf(await recorded.json())
  await until('a new activity came by the webhook', async () => {
    const { status } = await json(`/v1/activities/${id}`)
    return status === 200 ? true : undefined
  })
}

try {
  await until('the gateway answers', async () => {
    const status = await send(base).then(
      (response) => response.status,
      () => 0,
    )
    return status === 200 ? true : undefined
  })
  const asked = await follow(`${base}/auth/login`)
  const page = await press(asked)
  if (page.status !== 200)
    throw new Error(`signing in ended at ${page.url} with ${page.status}: ${page.body.slice(0, 300)}`)
  console.log(`✓ signed in`)
  const random = await until('a random activity', async () => {
    const { status, body } = await json('/v1/activities/random')
    return status === 200 ? body : undefined
  })
  console.log(`  ${random.name}, ${random.sport_type}, ${random.start_time}`)
  await until('the import moves on', async () => {
    const { status, body } = await json('/v1/import')
    return status === 200 && body.state !== 'queued' ? body : undefined
  })
  if (simulator !== undefined) await recordAndAwait(simulator)
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
