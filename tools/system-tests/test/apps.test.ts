import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { connectBus, INTERNAL_API, request } from '@ikigai/bus'
import { launchChromium } from '@ikigai/chromium'
import { createClient } from '@ikigai/client'
import { type Browser, freePort } from '@ikigai/testkit'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { findingsOn, openVisitor } from '../src/visitor.ts'
import { asObject, startStack } from './stack.ts'

const EXAMPLES = resolve(import.meta.dirname, '../../../examples/apps')
const [stack, browser, port] = await Promise.all([startStack(t), launchChromium(), freePort()])
t.teardown(() => browser.close())
const { strava, publicUrl, logger, natsUrl } = stack
const { NATS_USER: user, NATS_PASSWORD: password } = stack.envOf('operator')
const bus = await connectBus({ servers: [natsUrl], name: 'operator', user, password, logger })
t.teardown(() => bus.close())
const spaUrl = `http://127.0.0.1:${port}`

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** A program of the examples, and the lines that it prints. It ends with the test. */
function runExample(t: Test, file: string, args: readonly string[]) {
  const child = spawn(process.execPath, [resolve(EXAMPLES, file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill()
    await ended
  })
  return { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended }
}

/** The next line that is one address. */
async function addressIn(lines: AsyncIterator<string>): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the program has ended')
    if (/^http\S+$/.test(value)) return value
  }
}

/** From the app's question through Strava's page to the consent page. */
async function throughStrava(page: Page, athleteName: string): Promise<void> {
  await page.getByText(athleteName).click()
  await button(page, 'Authorize').click()
  await page.getByRole('heading', { name: /use your ikigai account\?$/ }).waitFor()
}

const addApp = (changes: { redirect_uris: string[]; origins: string[] }) =>
  request(bus, INTERNAL_API.appAdd, {
    name: 'Trail Log',
    scopes: ['activities:read', 'account:read'],
    confidential: false,
    ...changes,
  })

t.test('apps: a page on another origin signs in, reads, refreshes and signs out', async (t) => {
  const app = await addApp({ redirect_uris: [`${spaUrl}/`], origins: [spaUrl] })
  strava.admin.createAthlete({ firstname: 'Sam', lastname: 'Spa', activities: 4, privateShare: 0 })
  const { lines } = runExample(t, 'spa/serve.mjs', [publicUrl, app.id, String(port)])
  t.equal(await addressIn(lines), `${spaUrl}/`)
  const { page, faults, close } = await openVisitor(browser, [publicUrl, spaUrl, strava.url])
  t.teardown(close)
  const status = page.getByRole('status')
  await page.goto(`${spaUrl}/`)
  await button(page, 'Sign in with ikigai').click()
  await throughStrava(page, 'Sam Spa')
  await page.getByText('See your activities').waitFor()
  t.strictSame(await findingsOn(page, 'consent'), [], 'the page is accessible and fits a phone')
  await button(page, 'Allow').click()
  await page.waitForURL(`${spaUrl}/`)
  await status.getByText(/^Sam: /).waitFor()

  await button(page, 'Renew the tokens').click()
  await status.getByText('Renewed.').waitFor()
  await button(page, 'Another activity').click()
  await status.getByText(/^Sam: /).waitFor()
  await page.reload()
  await status.getByText(/^Sam: /).waitFor()

  const own = await page.context().newPage()
  await own.goto(publicUrl)
  await own.getByText('Trail Log').waitFor()
  t.equal(await own.getByRole('button', { name: 'Disconnect Trail Log' }).count(), 1)

  await button(page, 'Sign out').click()
  await status.getByText('Signed out.').waitFor()
  await own.reload()
  await own.getByText('No app is connected.').waitFor()

  await button(page, 'Sign in with ikigai').click()
  await button(page, 'Cancel').click()
  await status.getByText('The athlete did not allow it.').waitFor()
  await button(page, 'Sign in with ikigai').click()
  await button(page, 'Allow').click()
  await status.getByText(/^Sam: /).waitFor()
  await own.reload()
  await own.getByRole('button', { name: 'Disconnect Trail Log' }).click()
  await own.getByText('No app is connected.').waitFor()
  await button(page, 'Another activity').click()
  await status.getByText(/sign in again/).waitFor()
  t.strictSame(
    faults.filter((fault) => !/40[01]/.test(fault)),
    [],
    'nothing on the console, nobody else asked',
  )
})

t.test('apps: the client of an app renews its tokens at the token endpoint', async (t) => {
  const redirectUri = 'https://app.example/callback'
  const app = await addApp({ redirect_uris: [redirectUri], origins: [] })
  const { id } = strava.admin.createAthlete({ activities: 3, privateShare: 0 })
  const { browser: tab } = await stack.signIn(id)
  strava.admin.configure({ autoApprove: null })
  let refreshToken = await signInThrough(tab, app.id, redirectUri)
  let renewals = 0
  const getToken = async () => {
    renewals += 1
    const form = { grant_type: 'refresh_token', client_id: app.id, refresh_token: refreshToken }
    const response = await fetch(`${publicUrl}/auth/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    })
    if (!response.ok) return undefined
    const tokens = asObject(await response.json())
    refreshToken = String(tokens['refresh_token'])
    return String(tokens['access_token'])
  }
  // As one that has expired: the API answers 401.
  const client = createClient({ baseUrl: publicUrl, token: 'ikigai_at_expired', getToken })
  const answers = await Promise.all([client.getMe(), client.listActivities(), client.getImport()])
  for (const { error } of answers) t.equal(error, undefined)
  t.equal(answers[0].data?.id, id)
  t.equal(renewals, 1, 'once, however many requests were refused')
  const later = createClient({ baseUrl: publicUrl, getToken })
  t.equal((await later.getMe()).data?.id, id, 'with the rotated refresh token')
  t.equal(renewals, 2)

  await fetch(`${publicUrl}/auth/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: app.id, token: refreshToken }),
  })
  const { error } = await createClient({ baseUrl: publicUrl, getToken }).getMe()
  t.equal(error?.type, '/problems/sign-in-needed', 'the sign-in has ended: the 401 is the answer')
})

/** Lets an app in without a window, and returns its refresh token. */
async function signInThrough(tab: Browser, clientId: string, redirectUri: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'activities:read account:read',
    state: 'state-of-the-app',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const headers = { accept: 'text/html' }
  const page = await tab.get(`${publicUrl}/auth/authorize?${query}`, { headers })
  const [, consent = ''] = /name="consent" value="([^"]+)"/.exec(page.body) ?? []
  const answer = await tab.post(`${publicUrl}/auth/consent`, {
    headers: { ...headers, 'sec-fetch-site': 'same-origin' },
    form: { consent, decision: 'allow' },
    follow: false,
  })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const tokens = await tab.post(`${publicUrl}/auth/token`, {
    form: {
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code,
      code_verifier: verifier,
    },
  })
  return String(asObject(tokens.json())['refresh_token'])
}

t.test('apps: a page whose origin is not registered reads nothing', async (t) => {
  const { page, close } = await openVisitor(browser, [])
  t.teardown(close)
  await page.goto(`${strava.url}/`)
  const outcome = await page.evaluate(`fetch('${publicUrl}/v1/status').then(() => 'read', () => 'refused')`)
  t.equal(outcome, 'refused')
})

t.test('apps: a command-line app signs in through loopback', async (t) => {
  const app = await addApp({ redirect_uris: ['http://127.0.0.1/callback'], origins: [] })
  strava.admin.createAthlete({ firstname: 'Cleo', lastname: 'Line', activities: 2, privateShare: 0 })
  const { lines, ended } = runExample(t, 'cli.mjs', [publicUrl, app.id])
  const { page, close } = await openVisitor(browser, [])
  t.teardown(close)
  await page.goto(await addressIn(lines))
  await throughStrava(page, 'Cleo Line')
  await page.getByText('a program on this computer').waitFor()
  await button(page, 'Allow').click()
  await page.getByText('You can close this window.').waitFor()
  const [code] = await ended
  t.equal(code, 0)
  const rest: string[] = []
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) rest.push(line.value)
  t.match(rest.join('\n'), /One of your activities: .+ km\nSigned out\./)
})

t.test('apps: the documentation tries operations through OAuth, under its own policy', async (t) => {
  strava.admin.createAthlete({ firstname: 'Dora', lastname: 'Docs', activities: 2, privateShare: 0 })
  const { page, faults, close } = await openVisitor(browser, [publicUrl, strava.url])
  t.teardown(close)
  await page.goto(publicUrl)
  await page.getByRole('link', { name: 'Connect with Strava' }).click()
  await page.getByText('Dora Docs').click()
  await button(page, 'Authorize').click()
  await page.waitForURL(`${publicUrl}/**`)
  await page.goto(`${publicUrl}/docs/`)
  await button(page, 'Authorize').first().click()
  const dialog = page.locator('.auth-container').filter({ hasText: 'OAuth2' }).first()
  await dialog.getByText('account:read').first().click()
  const opened = page.waitForEvent('popup')
  await dialog.locator('button.authorize').click()
  const popup = await opened
  const closed = popup.waitForEvent('close')
  await button(popup, 'Allow').click()
  await closed
  await dialog
    .getByText(/Scopes are used|Authorized/i)
    .first()
    .waitFor()
  await page.locator('.auth-container button.authorize', { hasText: 'Logout' }).first().waitFor()
  // Swagger UI colours a part of its dialog by an attribute, which the policy keeps out.
  const isColour = (fault: string) => fault.includes('inline style')
  t.strictSame(
    faults.filter((fault) => !isColour(fault)),
    [],
    'the policy of the page refuses nothing else',
  )
})

t.test('apps: a personal access token is made, shown once, used and ended on the page', async (t) => {
  strava.admin.createAthlete({ firstname: 'Pat', lastname: 'Script', activities: 2, privateShare: 0 })
  const { page, faults, close } = await openVisitor(browser, [publicUrl, strava.url])
  t.teardown(close)
  await page.goto(publicUrl)
  await page.getByRole('link', { name: 'Connect with Strava' }).click()
  await page.getByText('Pat Script').click()
  await button(page, 'Authorize').click()
  await page.waitForURL(`${publicUrl}/**`)
  await page.getByRole('textbox', { name: 'Name' }).fill('Backup script')
  await button(page, 'Make a token').click()
  const token = await page.getByLabel('Your new token').inputValue()
  t.match(token, /^ikigai_pat_[\w-]{43}$/)
  t.strictSame(await findingsOn(page, 'token'), [], 'accessible in both schemes, fits a phone')
  const read = () => fetch(`${publicUrl}/v1/activities`, { headers: { authorization: `Bearer ${token}` } })
  t.equal((await read()).status, 200)
  await page.reload()
  await page.getByText('Backup script').waitFor()
  t.equal(await page.getByLabel('Your new token').count(), 0, 'it is not shown again')
  await page.getByRole('button', { name: 'End Backup script' }).click()
  await page.getByText('No token.').waitFor()
  t.equal((await read()).status, 401)
  t.strictSame(faults, [])
})
