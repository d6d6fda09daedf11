// Signs a demo athlete in and asks for one of his activities, as a browser does, at an ikigai that runs with the simulator:
//
//   node deploy/smoke.mjs [http://localhost:8080]
//
// Exits with 0 when all of it works. Needs Node alone.
const base = (process.argv[2] ?? 'http://localhost:8080').replace(/\/+$/, '')
const PATIENCE_MS = 60_000

/** @type {Map<string, string>} cookies by host and name */
const cookies = new Map()

/** One request with this program's cookies; redirects are not followed. */
async function send(url, init = {}) {
  // Browsers take *.localhost for this machine; the system's resolver may not.
  const address = new URL(url)
  if (address.protocol === 'http:' && address.hostname.endsWith('.localhost')) address.hostname = '127.0.0.1'
  const cookie = [...cookies]
    .filter(([key]) => key.startsWith(`${new URL(url).hostname} `))
    .map(([, pair]) => pair)
  const headers = { accept: 'text/html', ...init.headers, cookie: cookie.join('; ') }
  const response = await fetch(address, {
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

/** Follows redirects until there is a page. */
async function follow(url, init) {
  let response = await send(url, init)
  let at = url
  for (let hop = 0; hop < 20 && response.headers.has('location'); hop += 1) {
    at = new URL(response.headers.get('location') ?? '', at).href
    response = await send(at)
  }
  return { url: at, status: response.status, body: await response.text() }
}

/** Presses the first button of the first form of a page. */
function press({ url, body }) {
  const form = /<form[^>]*>[\s\S]*?<\/form>/.exec(body)?.[0]
  if (form === undefined) throw new Error(`there is no form at ${url}: ${body.slice(0, 300)}`)
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

async function json(path) {
  const response = await send(`${base}${path}`, { headers: { accept: 'application/json' } })
  return { status: response.status, body: await response.json() }
}

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
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
