import { launchChromium, openSlowPage, pageLoadOf, untilComplete } from '@ikigai/chromium'
import { eventually } from '@ikigai/testkit'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { openVisitor } from '../src/visitor.ts'
import { startStack } from './stack.ts'

const [stack, browser] = await Promise.all([startStack(t), launchChromium()])
t.teardown(() => browser.close())
const { strava, publicUrl } = stack

/** Of a page that people call good: https://web.dev/articles/cls has 0.1. */
const MAX_LAYOUT_SHIFT = 0.05
const ACTIVITIES = 640
const DESKTOP = { width: 1_280, height: 900 }

const { id: lou } = strava.admin.createAthlete({
  firstname: 'Lou',
  lastname: 'Long',
  activities: ACTIVITIES,
  years: 2,
  seed: 3,
})

/** A test in a window that is signed in. */
const visit = (name: string, walk: (t: Test, page: Page) => Promise<void>) =>
  t.test(name, async (t) => {
    const visitor = await openVisitor(browser, [publicUrl, strava.url])
    t.teardown(() => visitor.close())
    const { page } = visitor
    await page.goto(publicUrl)
    await page.getByRole('link', { name: 'Connect with Strava' }).click()
    await page.getByText('Lou Long').click()
    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.waitForURL(`${publicUrl}/**`)
    await untilComplete(page, ACTIVITIES)
    await walk(t, page)
  })

visit('on a slow phone, and on a desktop, nothing moves while the page loads', async (t, first) => {
  for (const viewport of [undefined, DESKTOP]) {
    const page = await openSlowPage(first.context(), viewport)
    await page.goto(publicUrl)
    await untilComplete(page, ACTIVITIES)
    const { layoutShift, moved } = await pageLoadOf(page)
    t.ok(layoutShift < MAX_LAYOUT_SHIFT, `a layout shift of ${layoutShift}:\n${moved.join('\n')}`)
    await page.close()
  }
})

visit('a new activity is read by itself, and moves nothing', async (t, first) => {
  const page = await openSlowPage(first.context(), DESKTOP)
  await page.goto(publicUrl)
  await untilComplete(page, ACTIVITIES)
  const before = (await pageLoadOf(page)).layoutShift
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const { id } = strava.admin.createActivity(lou)
  await untilComplete(page, ACTIVITIES + 1)
  await eventually(() => asked.length > 0)
  t.strictSame([...new Set(asked)], [`/v1/activities/${id}`], 'the activity and nothing else')
  const { layoutShift, moved } = await pageLoadOf(page)
  t.ok(layoutShift - before < MAX_LAYOUT_SHIFT / 10, moved.join('\n'))
})
