// npm run screenshots [folder]: takes the pictures of the README, on a stack and with athletes of its own.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { launchChromium } from '@ikigai/chromium'
import type { Page } from 'playwright-core'
import { startStack } from '../test/stack.ts'
import { openVisitor } from './visitor.ts'

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../../docs/images'))
const WINDOW = { width: 1_180, height: 980 }
const PHONE = { width: 390, height: 844 }

/** As a test's: everything that is started is stopped in the end, last first. */
const endings: (() => unknown)[] = []
const t = { teardown: (ending: () => unknown) => endings.push(ending) }

async function takeAll(): Promise<void> {
  await mkdir(folder, { recursive: true })
  const [{ strava, publicUrl }, browser] = await Promise.all([startStack(t), launchChromium()])
  t.teardown(() => browser.close())
  const { admin } = strava
  const lea = admin.createAthlete({
    firstname: 'Lea',
    lastname: 'Brandt',
    activities: 640,
    years: 4,
    sports: ['Run', 'TrailRun', 'Hike', 'Walk', 'Swim'],
    seed: 1,
  })
  // The newest, so that its detail is among the first; without emoji, for which Chromium comes without pictures.
  const shown = admin.createActivity(lea.id, {
    name: 'Along the river and over the hill',
    sportType: 'Run',
    distanceMeters: 14_200,
    movingTimeSeconds: 4_620,
  })
  const { page } = await openVisitor(browser, [], { viewport: WINDOW })
  page.setDefaultTimeout(60_000)
  const take = (name: string) => page.screenshot({ path: join(folder, `${name}.png`) })

  await page.goto(publicUrl)
  await page.getByText('Connect with Strava').waitFor()
  await take('signed-out')
  await page.getByText('Connect with Strava').click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByText('641 activities, all here').waitFor()
  await page.getByRole('radio', { name: 'Kilometers' }).check()
  await openDetailed(page, `${publicUrl}/?activity=${shown.id}`)
  await page.locator('.month a').first().waitFor()
  await take('activity')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize(PHONE)
  await take('activity-phone-dark')

  admin.setLimits({ read: { fifteenMinutes: 40, day: 400 }, overall: { fifteenMinutes: 80, day: 800 } })
  admin.createActivity(lea.id)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(WINDOW)
  await page.goto(`${publicUrl}/status`)
  await page.getByText('of 40').first().waitFor()
  await take('status')
}

/** The detail of the newest comes a moment after the list, and the page takes it in by itself. */
async function openDetailed(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByText('Splits as a table').waitFor()
}

try {
  await takeAll()
} finally {
  for (const end of endings.reverse()) await end()
}
process.exit(0)
