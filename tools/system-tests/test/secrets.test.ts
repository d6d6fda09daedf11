import { connectBus, deadSubject, publish } from '@ikigai/bus'
import { startTracing } from '@ikigai/chassis/tracing'
import { athletes, grants, pendingErasures } from '@ikigai/db'
import { browser, eventually, startCollector } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { type SignedIn, startStack } from './stack.ts'

const JSON_ONLY = { accept: 'application/json' }

t.test('secrets: a whole run, with all that can go wrong, shows no secret anywhere', async (t) => {
  const collector = await startCollector(t)
  const tracing = await startTracing({ service: 'test', endpoint: collector.url })
  const stack = await startStack(t)
  const { strava, db, env, publicUrl } = stack
  const { admin } = strava
  const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
  t.teardown(() => bus.close())
  const { id } = admin.createAthlete({ activities: 8 })

  /** What nobody may see; and what somebody saw. */
  const secrets = new Map<string, string>()
  const seen: string[] = []
  const messages: string[] = []
  const keep = (name: string, value: string | null | undefined) => {
    if (value !== undefined && value !== null && value !== '') secrets.set(`${name} ${secrets.size}`, value)
  }
  const keepTokens = () => {
    keep('access token', admin.tokens(id)?.accessToken)
    keep('refresh token', admin.tokens(id)?.refreshToken)
  }
  const keepUrl = (url: string) => {
    for (const name of ['code', 'state']) keep(name, new URL(url).searchParams.get(name))
  }
  const ask = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, { redirect: 'manual', ...init })
    seen.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`)
    return response
  }
  for (const name of ['STRAVA_CLIENT_SECRET', 'STRAVA_WEBHOOK_SECRET', 'STRAVA_WEBHOOK_VERIFY_TOKEN'])
    keep(name, env[name])
  for (const name of ['TOKEN_ENCRYPTION_KEYS', 'SESSION_KEYS']) keep(name, env[name]?.split(':')[1])
  for (const service of ['auth', 'fetcher', 'gateway', 'ingest'] as const)
    keep('database password', new URL(stack.envOf(service)['DATABASE_URL'] ?? '').password)

  const keepVisit = (visitor: SignedIn) => {
    for (const hop of visitor.hops) keepUrl(hop)
    for (const line of visitor.browser.cookies.received) keep('cookie', /^[^=]+=([^;]+)/.exec(line)?.[1])
    keepTokens()
  }
  const visitor = await stack.signIn(id)
  keepVisit(visitor)
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(() => admin.subscription() !== null)

  await t.test('sign-ins that fail', async (t) => {
    const attempt = async (arrange: () => void) => {
      arrange()
      const tab = browser()
      const page = await tab.get(`${publicUrl}/auth/login`, { headers: JSON_ONLY })
      for (const hop of page.hops) keepUrl(hop)
      for (const line of tab.cookies.received) keep('cookie', /^[^=]+=([^;]+)/.exec(line)?.[1])
      seen.push(`${page.status} ${JSON.stringify([...page.headers])} ${page.body}`)
      admin.clearFaults()
      admin.configure({ autoApprove: { athleteId: id } })
      return page
    }
    const denied = await attempt(() => admin.configure({ autoApprove: { athleteId: id, decision: 'deny' } }))
    t.equal(denied.status, 403)
    for (const fault of [
      { kind: 'error', status: 503, route: 'token' },
      { kind: 'error', status: 400, route: 'token' },
      { kind: 'html', route: 'token' },
      { kind: 'drop', route: 'token' },
    ] as const)
      t.ok((await attempt(() => void admin.addFault(fault))).status >= 400)
    // What Postgres says of a statement holds its parameters.
    await db.execute(
      sql`alter table grants add constraint refusing check (expires_at < '2000-01-01') not valid`,
    )
    t.equal((await attempt(() => {})).status, 500)
    await db.execute(sql`alter table grants drop constraint refusing`)
    keepTokens()
    const replay = visitor.hops.find((hop) => hop.includes('/auth/callback')) ?? ''
    t.equal((await ask(replay, { headers: JSON_ONLY })).status, 400)
    await ask(`${publicUrl}/auth/login?return_to=/?token=${admin.tokens(id)?.accessToken}`)
    seen.pop()
  })

  await t.test('tokens that end, refreshes that fail', async () => {
    keepVisit(await stack.signIn(id))
    const fetchOne = async () => {
      const created = admin.createActivity(id, {})
      await eventually(async () => (await visitor.get(`/v1/activities/${created.id}`)).status === 200)
      keepTokens()
    }
    admin.expireAccessTokens(id)
    await fetchOne()
    admin.addFault({ kind: 'html', route: 'detail', count: 1 })
    admin.createActivity(id, {})
    await eventually(() => admin.faults().length === 0, { timeoutMs: 30_000 })
    keepTokens()
  })

  await t.test('requests of strangers', async (t) => {
    const token = visitor.browser.cookies.get('127.0.0.1', 'ikigai_session') ?? ''
    const forged = `${token.slice(0, -4)}AAAA`
    keep('forged session', forged)
    t.equal((await ask(`${publicUrl}/v1/me`, { headers: { authorization: `Bearer ${forged}` } })).status, 401)
    t.equal((await ask(`${publicUrl}/v1/me?access_token=${token}&token=${token}`)).status, 401)
    t.equal((await ask(`${publicUrl}/v1/nowhere/${token}?code=${token}`)).status, 404)
    const path = `/webhooks/strava/${env['STRAVA_WEBHOOK_SECRET']}`
    const post = (target: string, body: string) =>
      ask(`${stack.webhookUrl}${target}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    t.equal((await post(path, 'nonsense')).status, 400)
    t.equal((await post(path, '{}')).status, 422)
    t.equal((await post(`${path}x`, '{}')).status, 404)
    const handshake = `hub.mode=subscribe&hub.challenge=c&hub.verify_token=${env['STRAVA_WEBHOOK_VERIFY_TOKEN']}x`
    t.equal((await ask(`${stack.webhookUrl}${path}?${handshake}`)).status, 403)
    t.equal((await ask(`${stack.webhookUrl}${path}/${token}`)).status, 404)
    await publish(bus, { subject: deadSubject('fetch', id), body: '{}', messageId: 'dead' })
  })

  await t.test('a disconnect that Strava does not take at first', async (t) => {
    const [grant] = await db.select().from(grants).where(eq(grants.athleteId, id))
    keep('sealed token', grant?.sealedAccessToken)
    keep('sealed token', grant?.sealedRefreshToken)
    const fault = admin.addFault({ kind: 'error', status: 503, route: 'revoke' })
    messages.push(await allMessages())
    const leaving = await visitor.browser.request(`${publicUrl}/v1/me`, { method: 'DELETE' })
    t.equal(leaving.status, 204)
    const [debt] = await eventually(() => db.select().from(pendingErasures))
    keep('sealed debt', debt?.sealedToken)
    admin.removeFault(fault.id)
    await eventually(async () => (await visitor.get('/v1/me')).status === 401)
    t.equal(await db.$count(athletes), 0)
  })

  const metrics = await Promise.all(
    stack.adminUrls.map(async (url) => (await fetch(`${url}/metrics`)).text()),
  )
  const ready = await Promise.all(stack.adminUrls.map(async (url) => (await fetch(`${url}/readyz`)).text()))
  await tracing.stop()
  const places: Readonly<Record<string, string>> = {
    'log lines': stack.logs.text(),
    metrics: [...metrics, ...ready].join('\n'),
    spans: collector.text(),
    answers: seen.join('\n'),
    messages: [...messages, await allMessages()].join('\n'),
  }
  for (const [place, text] of Object.entries(places))
    t.ok(text.length > 500, `${place}: ${text.length} characters`)
  t.ok(secrets.size > 40, `${secrets.size} secrets`)
  t.same(leaksOf(secrets, places), [])

  async function allMessages(): Promise<string> {
    const jsm = await bus.nc.jetstreamManager()
    const texts: string[] = []
    for await (const { config, state } of jsm.streams.list()) {
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await jsm.streams.getMessage(config.name, { seq }).catch(() => undefined)
        if (message === undefined) continue
        const headers = [...message.header].flatMap(([name, values]) => [name, ...values])
        texts.push(message.subject, ...headers, Buffer.from(message.data).toString())
      }
    }
    return texts.join('\n')
  }
})

/** Which secret stands where, and what before it. */
function leaksOf(
  secrets: ReadonlyMap<string, string>,
  places: Readonly<Record<string, string>>,
): readonly string[] {
  const leaks: string[] = []
  for (const [name, secret] of secrets) {
    const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
    for (const form of new Set([secret, encodeURIComponent(secret), base64])) {
      for (const [place, text] of Object.entries(places)) {
        // A cookie and a state are what the answer to a sign-in is for.
        if (place === 'answers' && /^(cookie|state)/.test(name)) continue
        const at = text.indexOf(form)
        if (at >= 0) leaks.push(`${name} in ${place}: ${text.slice(Math.max(0, at - 200), at)}`)
      }
    }
  }
  return leaks
}
