// npm run screenshots [folder]: takes the pictures of the README, on a stack and with athletes of its own.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { SimulatedActivity } from '@ikigai/strava-simulator'
import { startStack } from '@ikigai/system-tests/stack'
import { eventually } from '@ikigai/testkit'
import type { Page } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { openVisitor } from './visitor.ts'

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../../docs/images'))
const WINDOW = { width: 1_180, height: 860 }
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
  const { page } = await openVisitor(browser, [], { viewport: WINDOW })
  const take = (name: string, fullPage = false) =>
    page.screenshot({ path: join(folder, `${name}.png`), fullPage })

  await page.goto(publicUrl)
  await page.getByText('Connect with Strava').waitFor()
  await take('signed-out')
  await page.getByText('Connect with Strava').click()
  await page.getByRole('button', { name: 'Authorize' }).click()
  await page.getByText('640 activities, all here').waitFor()
  await page.getByRole('radio', { name: 'Kilometers' }).check()
  // Chromium comes without pictures for emoji.
  const isFit = ({ sportType, name, manual }: SimulatedActivity) =>
    /Run/.test(sportType) && /^\w[\w ]+$/.test(name) && !manual
  const shown = admin.activities(lea.id).slice(0, 5).find(isFit)
  await openDetailed(page, `${publicUrl}/?activity=${shown?.id}`)
  await page.locator('.month a').first().waitFor()
  await take('activity', true)
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

/** The detail of the newest comes a moment after the list. */
const openDetailed = (page: Page, url: string) =>
  eventually(async () => {
    await page.goto(url)
    await page.getByText('Another one').waitFor()
    return page.getByText('Splits as a table').isVisible()
  })

try {
  await takeAll()
} finally {
  for (const end of endings.reverse()) await end()
}
process.exit(0)
