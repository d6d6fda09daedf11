import { readFile } from 'node:fs/promises'
import { launchChromium } from '@ikigai/chromium'
import type { ImportStatus } from '@ikigai/contracts'
import { eventually } from '@ikigai/testkit'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { waitText } from '../../../packages/web/src/model/waits.ts'
import { findingsOn, openVisitor } from '../src/visitor.ts'
import { startStack } from './stack.ts'

const [stack, browser] = await Promise.all([startStack(t), launchChromium()])
t.teardown(() => browser.close())
const { strava, publicUrl } = stack
const { admin } = strava
const ORIGINS = [publicUrl, strava.url]

const lea = admin.createAthlete({ firstname: 'Lea', lastname: 'Brandt', activities: 90, years: 1.5, seed: 5 })

/** What a screen reader calls the element that has the focus. */
const FOCUSED = 'document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()'

/** A test in a window of its own, which must stay without any fault. */
const visit = (name: string, walk: (t: Test, page: Page) => Promise<void>) =>
  t.test(name, async (t) => {
    const visitor = await openVisitor(browser, ORIGINS)
    t.teardown(() => visitor.close())
    await walk(t, visitor.page)
    t.strictSame(visitor.faults, [], 'nothing on the console, no error, nobody else asked')
  })

const looksGood = async (t: Test, page: Page, what: string) =>
  t.strictSame(await findingsOn(page, what), [], `${what}: accessible in both schemes, fits a phone`)

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const connect = (page: Page) => page.getByRole('link', { name: 'Connect with Strava' })
const card = (page: Page) => page.getByRole('region', { name: 'Activity' })
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name })

/** From the page through Strava's to the page again. */
async function signIn(page: Page, athleteName: string): Promise<void> {
  await page.goto(publicUrl)
  await connect(page).click()
  await page.getByText(athleteName).click()
  await button(page, 'Authorize').click()
  await page.waitForURL(`${publicUrl}/**`)
}

visit('the whole way, from sign-in to disconnect', async (t, page) => {
  await page.goto(publicUrl)
  await heading(page, 'Where have you been?').waitFor()
  await looksGood(t, page, 'signed out')
  const { height } = (await connect(page).boundingBox()) ?? {}
  t.equal(height, 48, "the height of Strava's button")

  await signIn(page, 'Lea Brandt')
  await button(page, 'Another one').waitFor()
  const link = page.getByRole('link', { name: 'View on Strava', exact: true })
  t.match(await link.getAttribute('href'), /^https:\/\/www\.strava\.com\/activities\/\d+$/)
  await page.getByText('90 activities, all here').waitFor()
  await looksGood(t, page, 'an activity')

  await t.test('what changes at Strava shows by itself', async (t) => {
    const id = (await link.getAttribute('href'))?.split('/').at(-1) ?? ''
    let answer = () => {}
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    const address = `**/v1/activities/${id}`
    await page.route(address, (route) => held.then(() => route.continue()))
    const asked = page.waitForRequest(address)
    admin.updateActivity(id, { name: 'Around the lake, twice' })
    await asked
    t.equal(await card(page).getAttribute('aria-busy'), 'false', 'what is shown can be read meanwhile')
    answer()
    await heading(page, 'Around the lake, twice').waitFor()
    await page.unroute(address)
  })

  await t.test('another one, and units', async (t) => {
    const names = new Set<string>()
    for (let turn = 0; turn < 4; turn += 1) {
      const answered = page.waitForResponse(/\/v1\/activities\/random/)
      await button(page, 'Another one').click()
      await answered
      await eventually(async () => (await card(page).getAttribute('aria-busy')) === 'false')
      names.add((await page.locator('.when').textContent()) ?? '')
    }
    t.ok(names.size > 1, 'others come')
    await page.getByRole('radio', { name: 'Kilometers' }).check()
    await page.reload()
    t.ok(await page.getByRole('radio', { name: 'Kilometers' }).isChecked(), 'the choice of units is kept')
  })

  await t.test('a filter, also one that nothing fits', async (t) => {
    await page.getByLabel('Sport').selectOption('Swim')
    await button(page, 'Show one of these').click()
    await page.locator('.kind', { hasText: 'Swim' }).waitFor()
    await page.getByLabel('At least, km').fill('9000')
    await button(page, 'Show one of these').click()
    await heading(page, 'No activity matches').waitFor()
    await looksGood(t, page, 'nothing fits')
    await button(page, 'Clear the filter').click()
    await button(page, 'Another one').waitFor()
    t.equal(await page.getByLabel('Sport').inputValue(), '')
  })

  await t.test('a year by days: by mouse, by keyboard, as a list', async (t) => {
    const days = page.locator('.month a')
    await days.first().waitFor()
    await page.locator('.month a[tabindex="0"]').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    const focused = await page.locator('.month a:focus').getAttribute('aria-label')
    t.equal(focused, await days.nth(1).getAttribute('aria-label'), 'one day on')
    await page.keyboard.press('Enter')
    const id = (await days.nth(1).getAttribute('href'))?.split('=')[1]
    await page.locator(`.strava[href$="/${id}"]`).waitFor()
    t.match(page.url(), `activity=${id}`, 'an address to keep')
    await button(page, /^Earlier/).click()
    await page.getByText(/as a list/).click()
    await page.locator('.list a').first().waitFor()
    await looksGood(t, page, 'a year as a list')
  })

  await t.test('the course of an activity', async (t) => {
    await page.goto(`${publicUrl}/?activity=${newestWithCourse()}`)
    await page.getByRole('img', { name: /by stretch/ }).waitFor()
    await page.getByText('Splits as a table').click()
    await looksGood(t, page, 'the course of an activity')
  })

  await t.test('offline, and back', async (t) => {
    await page.context().setOffline(true)
    await heading(page, 'You are offline').waitFor()
    await button(page, 'Another one').click()
    await heading(page, 'Something went wrong').waitFor()
    await looksGood(t, page, 'offline')
    await page.context().setOffline(false)
    await button(page, 'Try again').click()
    await button(page, 'Another one').waitFor()
  })

  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export everything' }).click()
  t.match(await readFile(await (await download).path(), 'utf8'), '"kind":"activity"', 'all of it in a file')

  await button(page, 'Disconnect').click()
  await heading(page, 'Disconnect and erase everything?').waitFor()
  await looksGood(t, page, 'the question before disconnecting')
  await page.keyboard.press('Escape')
  t.ok(await button(page, 'Disconnect').isVisible(), 'nothing happens unasked')
  await button(page, 'Disconnect').click()
  await button(page, 'Disconnect and erase').click()
  await heading(page, /your data is erased/).waitFor()
  await looksGood(t, page, 'disconnected')
  t.notOk(admin.athlete(lea.id).connected, 'Strava knows')
})

/** Only the newest five have Strava's detail. */
function newestWithCourse(): string | undefined {
  return admin
    .activities(lea.id)
    .slice(0, 5)
    .find(({ manual, distanceMeters }) => !manual && distanceMeters > 5_000)?.id
}

visit('the same by keyboard alone', async (t, page) => {
  admin.createAthlete({ firstname: 'Kim', lastname: 'Key', activities: 3, privateShare: 0, manualShare: 0 })
  const tabTo = async (name: string) => {
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab')
      if ((await page.evaluate(FOCUSED)) === name) return
    }
    throw new Error(`the Tab key does not lead to "${name}"`)
  }
  await page.goto(publicUrl)
  await connect(page).waitFor()
  await tabTo('Connect with Strava')
  await page.keyboard.press('Enter')
  // Strava's own page is not what is tested here.
  await page.getByText('Kim Key').click()
  await button(page, 'Authorize').click()
  await button(page, 'Another one').waitFor()
  await tabTo('Another one')
  const answered = page.waitForResponse(/\/v1\/activities\/random/)
  await page.keyboard.press('Enter')
  t.match((await answered).url(), /cursor=\w/, 'the walk through all goes on')
  t.equal(await page.evaluate(FOCUSED), 'Another one', 'the focus stays')
  await tabTo('View on Strava')
  await tabTo('Disconnect')
  await page.keyboard.press('Enter')
  await heading(page, 'Disconnect and erase everything?').waitFor()
  await page.keyboard.press('Escape')
  t.equal(await page.evaluate(FOCUSED), 'Disconnect', 'and comes back')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await heading(page, 'Sign out on all devices?').waitFor()
  await page.keyboard.press('Escape')
  t.equal(await page.evaluate(FOCUSED), 'Sign out everywhere', 'and comes back')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await heading(page, 'You are signed out').waitFor()
})

visit('signing out on all devices', async (t, page) => {
  admin.createAthlete({
    firstname: 'Eve',
    lastname: 'Rywhere',
    activities: 3,
    privateShare: 0,
    manualShare: 0,
  })
  await signIn(page, 'Eve Rywhere')
  await button(page, 'Sign out everywhere').waitFor()
  const cookies = await page.context().cookies(publicUrl)
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  t.equal((await fetch(`${publicUrl}/v1/me`, { headers: { cookie } })).status, 200)
  await button(page, 'Sign out everywhere').click()
  await page.getByLabel(/Disconnect all apps/).check()
  await button(page, 'Sign out on all devices').click()
  await heading(page, 'You are signed out').waitFor()
  await eventually(async () => (await fetch(`${publicUrl}/v1/me`, { headers: { cookie } })).status === 401)
})

visit('a session that ends', async (t, page) => {
  admin.createAthlete({ firstname: 'Sam', lastname: 'Short', activities: 2 })
  await signIn(page, 'Sam Short')
  await page.getByText('2 activities, all here').waitFor()
  await page.context().clearCookies()
  // Asked for, unless the page has noticed by itself.
  await page.evaluate('document.querySelector("button.primary")?.click()')
  await heading(page, 'Your session has ended').waitFor()
  await looksGood(t, page, 'session ended')
})

visit('disconnected at Strava while the page is open', async (t, page) => {
  const max = admin.createAthlete({ firstname: 'Max', lastname: 'Moved', activities: 2 })
  await signIn(page, 'Max Moved')
  await page.getByText('2 activities, all here').waitFor()
  const other = await page.context().newPage()
  await other.goto(publicUrl)
  await other.getByText('2 activities, all here').waitFor()
  admin.deauthorizeAthlete(max.id)
  for (const tab of [other, page]) {
    await tab.bringToFront()
    await heading(tab, /You are disconnected and your data is erased/).waitFor({ timeout: 60_000 })
  }
  await page.reload()
  await heading(page, /You are disconnected and your data is erased/).waitFor()
  t.pass('after a reload as well')
})

visit('counts and lists move together while activities arrive', async (t, page) => {
  const ava = admin.createAthlete({ firstname: 'Ava', lastname: 'Arrives', activities: 0 })
  await signIn(page, 'Ava Arrives')
  await heading(page, 'No activities yet').waitFor()
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  admin.createActivity(ava.id, { startDate: minutesAgo(60) })
  await page.getByText('1 activity, all here').waitFor()
  // What the page shows at each moment, as it shows it.
  await page.evaluate(`
    window.shown = [];
    new MutationObserver(() => {
      const text = document.body.textContent;
      const total = /([0-9]+) activit(?:y|ies), all here/.exec(text);
      const year = document.querySelector('.year .head p')?.textContent ?? '';
      const listed = /^([0-9]+) activit/.exec(year);
      if (total && listed) window.shown.push(total[1] + '/' + listed[1]);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });`)
  for (let more = 1; more <= 4; more += 1)
    admin.createActivity(ava.id, { startDate: minutesAgo(60 + 10 * more) })
  await page.getByText('5 activities, all here').waitFor()
  const shown = await page.evaluate<string[]>('window.shown')
  t.ok(shown.includes('5/5'), 'seen')
  t.strictSame(
    shown.filter((pair) => new Set(pair.split('/')).size > 1),
    [],
    'never two numbers',
  )
})

visit('Strava says no', async (t, page) => {
  admin.createAthlete({ firstname: 'Nia', lastname: 'Never', activities: 2 })
  await page.goto(publicUrl)
  await connect(page).click()
  await button(page, 'Deny').click()
  await heading(page, 'Strava was not connected').waitFor()
  await looksGood(t, page, 'denied')
  t.notMatch(page.url(), /error|state/)
  await page.getByRole('link', { name: 'Try again' }).click()
  for (const box of await page.getByRole('checkbox').all()) await box.uncheck()
  await button(page, 'Authorize').click()
  await heading(page, 'No access to your activities').waitFor()
})

visit('nothing at Strava yet', async (t, page) => {
  admin.createAthlete({ firstname: 'Eva', lastname: 'Empty', activities: 0 })
  await signIn(page, 'Eva Empty')
  await heading(page, 'No activities yet').waitFor()
  await looksGood(t, page, 'no activities')
})

/** As the API would tell it, for what takes long to come about. */
const withImport = (page: Page, status: Partial<ImportStatus>) =>
  page.route('**/v1/import/events', async (route) => {
    const data = JSON.stringify({ ...IMPORT, ...status })
    await route.fulfill({ contentType: 'text/event-stream', body: `event: import\ndata: ${data}\n\n` })
  })

const IMPORT: ImportStatus = {
  athlete_id: '1',
  state: 'running',
  activities_stored: 12,
  pages_fetched: 1,
  oldest_start_time: '2025-01-01T10:00:00+01:00',
  activities_expected: null,
  queue_position: null,
  eta: null,
  eta_latest: null,
  eta_reason: null,
  eta_change: null,
  waiting: null,
  started_at: '2026-11-25T10:00:00Z',
  updated_at: '2026-11-25T10:00:00Z',
  completed_at: null,
}

const soon = () => new Date(Date.now() + 11 * 60_000).toISOString()

visit('an import under way', async (t, page) => {
  admin.createAthlete({ firstname: 'Ida', lastname: 'Import', activities: 12 })
  await withImport(page, {
    state: 'running',
    activities_expected: 3_000,
    queue_position: 2,
    eta: soon(),
    waiting: { reason: 'reserved', until: soon(), detail: '' },
  })
  await signIn(page, 'Ida Import')
  await page.getByText('12 of about 3,000 activities').waitFor()
  await page.getByText('2 athletes before you.').waitFor()
  await page.getByText(/The import should be complete in about 11 minutes/).waitFor()
  const progress = page.getByRole('progressbar', { name: 'Import of your history' })
  t.equal(await progress.getAttribute('value'), '0.004')
  await looksGood(t, page, 'an import')
})

visit('a permission that has ended', async (t, page) => {
  admin.createAthlete({ firstname: 'Pia', lastname: 'Past', activities: 5 })
  for (const reason of ['needs_reauthorization', 'scope_missing'] as const) {
    await withImport(page, { state: 'blocked', waiting: { reason, until: null, detail: '' } })
    if (reason === 'scope_missing') await page.goto(publicUrl)
    else await signIn(page, 'Pia Past')
    await page.getByText(waitText({ reason, until: null, detail: '' }).title).waitFor()
    t.equal(await connect(page).getAttribute('href'), '/auth/login')
    await looksGood(t, page, reason)
  }
})

visit('Strava down, at the sign-in and after it', async (t, page) => {
  const dan = admin.createAthlete({ firstname: 'Dan', lastname: 'Down', activities: 2 })
  admin.addFault({ kind: 'html', status: 503, route: 'list', athleteId: dan.id })
  await signIn(page, 'Dan Down')
  await heading(page, 'Strava is not responding').waitFor()
  await looksGood(t, page, 'Strava down')
  admin.clearFaults()
})

const quarterOfAnHour = () => Math.floor(Date.now() / 900_000)

/** Repeats what fails because a quarter of an hour has ended meanwhile: the quota is there again then. */
async function withinOneQuarter(walk: () => Promise<void>): Promise<void> {
  for (;;) {
    const began = quarterOfAnHour()
    try {
      return await walk()
    } catch (error) {
      if (quarterOfAnHour() === began) throw error
    }
  }
}

visit('the quota is spent: why, and until when', (t, page) =>
  withinOneQuarter(async () => {
    await page.context().clearCookies()
    await page.goto(`${publicUrl}/status`)
    await page.getByText('Strava is responding').waitFor()
    await looksGood(t, page, 'status')
    // One more call, whose answer says that it was the last.
    const last = admin.usage().read.fifteenMinutes + 1
    admin.setLimits({
      read: { fifteenMinutes: last, day: 1_000 },
      overall: { fifteenMinutes: 2 * last, day: 2_000 },
    })
    admin.createActivity(admin.athletes().find(({ connected }) => connected)?.id ?? '')
    await page
      .getByText(/Waiting for Strava’s 15-minute limit until/)
      .first()
      .waitFor({ timeout: 60_000 })
    await looksGood(t, page, 'status, quota spent')

    const lastname = `Until ${quarterOfAnHour()}`
    admin.createAthlete({ firstname: 'Una', lastname, activities: 2 })
    await signIn(page, `Una ${lastname}`)
    await heading(page, 'Waiting for Strava’s 15-minute limit').waitFor()
    await page.getByText(/Continues in (about|less)/).waitFor()
    await looksGood(t, page, 'quota spent')
  }),
)
