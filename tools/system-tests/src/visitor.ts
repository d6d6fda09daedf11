import axe from 'axe-core'
import type { Browser, BrowserContextOptions, ConsoleMessage, Page } from 'playwright-core'

/** A visitor with their own browser window, and the faults of the pages. */
export interface Visitor {
  readonly page: Page
  /** Errors on the console, errors of scripts, and requests that left the given origins. */
  readonly faults: readonly string[]
  close(): Promise<void>
}

/** axe's rules: WCAG 2.2 AA and best practices. In the dark scheme only colours are checked. */
const RULES = {
  light: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  dark: ['color-contrast'],
} as const
const axeRun = (rules: readonly string[]) =>
  `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target.join(' '), failureSummary].join(': '))))`

/** Far more than anything takes: a busy machine is slow, and only what fails waits for it. */
const PATIENCE_MS = 60_000

const DESKTOP = { width: 1_280, height: 900 }
const PHONE = { width: 320, height: 640 }

/** Opens a new browser window; its pages may only send requests to `origins`. */
export async function openVisitor(
  browser: Browser,
  origins: readonly string[],
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: DESKTOP,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !isDealtWith(message)) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== 'data:' && !origins.includes(origin)) faults.push(`request: ${request.url()}`)
  })
  return { page, faults, close: () => context.close() }
}

/** Ignores the console's line for each answer from 400 on: the page handles those of the API, and those of auth are pages. */
function isDealtWith(message: ConsoleMessage): boolean {
  return (
    message.text().startsWith('Failed to load resource') &&
    /^\/(v1|auth)\//.test(new URL(message.location().url).pathname)
  )
}

/** Folder for screenshots of each state, in both schemes and on a phone; empty: none. */
const PICTURES = process.env['E2E_PICTURES'] ?? ''

/** Findings of axe in the light and the dark scheme, and whether the page is too wide for a phone. */
export async function findingsOn(page: Page, what: string): Promise<string[]> {
  const findings: string[] = []
  const take = async (how: string) => {
    if (PICTURES !== '') await page.screenshot({ path: `${PICTURES}/${what} ${how}.png`, fullPage: true })
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const finding of await runAxe(page, RULES[colorScheme])) findings.push(`${colorScheme}: ${finding}`)
    await take(colorScheme)
  }
  for (const viewport of [PHONE, DESKTOP]) {
    await page.setViewportSize(viewport)
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
    if (viewport === PHONE) await take('phone')
    if (width > viewport.width) findings.push(`${width} px wide in a window of ${viewport.width} px`)
  }
  return findings
}

async function runAxe(page: Page, rules: readonly string[]): Promise<string[]> {
  // Playwright evaluates beside the page's policy, so nothing is loosened for the test.
  if ((await page.evaluate('typeof axe')) !== 'object') await page.evaluate(`${axe.source};undefined`)
  const violations: unknown = await page.evaluate(axeRun(rules))
  return Array.isArray(violations) ? violations.map(String) : [`axe answered ${String(violations)}`]
}
