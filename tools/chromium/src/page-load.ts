import type { BrowserContext, Page } from 'playwright-core'

/** Measures of a page load. */
export interface PageLoad {
  /** Cumulative layout shift. */
  readonly layoutShift: number
  /** Total blocking time: the time beyond 50 ms of all tasks of the main thread (ms). */
  readonly blockingMs: number
  /** What moved, for a test that fails. */
  readonly moved: readonly string[]
}

/** Lighthouse's phone: a processor four times slower, and a slow mobile network. */
const PHONE = { width: 412, height: 823 }
const CPU_RATE = 4
const SLOW_4G = {
  offline: false,
  latency: 562.5,
  downloadThroughput: (1_474.56 * 1_024) / 8,
  uploadThroughput: (675 * 1_024) / 8,
}

/** Runs in the page, before anything else does. */
const OBSERVE = `window.pageLoad = { layoutShift: 0, blockingMs: 0, moved: [] }
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue
    pageLoad.layoutShift += entry.value
    for (const { node, previousRect: from, currentRect: to } of entry.sources) {
      const element = node?.nodeType === 1 ? node : node?.parentElement
      pageLoad.moved.push([entry.value.toFixed(4), element?.localName + '.' + (element?.getAttribute('class') ?? ''),
        [from.x, from.y, from.width, from.height].map(Math.round), '→', [to.x, to.y, to.width, to.height].map(Math.round)].join(' '))
    }
  }
}).observe({ type: 'layout-shift', buffered: true })
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pageLoad.blockingMs += Math.max(0, duration - 50)
}).observe({ type: 'longtask', buffered: true })`

/** Opens a page as on a slow phone. What it may ask for is not in the browser's cache. */
export async function openSlowPage(context: BrowserContext, viewport = PHONE): Promise<Page> {
  const page = await context.newPage()
  await page.setViewportSize(viewport)
  await page.addInitScript(OBSERVE)
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true })
  await devtools.send('Network.emulateNetworkConditions', SLOW_4G)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE })
  return page
}

/** The measures since the page began to load. */
export const pageLoadOf = (page: Page): Promise<PageLoad> =>
  // Two frames: what has just been drawn is in it.
  page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(pageLoad)))))',
  )

/** Resolves when the page has loaded all of its parts for a signed-in athlete with this number of activities. */
export async function untilComplete(page: Page, activities: number): Promise<void> {
  await page.getByText(`${activities} activities, all here`).waitFor()
  await page.locator('.month a').first().waitFor()
  await page.getByText('No token').waitFor()
}
