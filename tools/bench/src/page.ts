import { launchChromium, openSlowPage, type PageLoad, pageLoadOf, untilComplete } from '@ikigai/chromium'
import type { Benchmark } from './benchmark.ts'
import { startStack, startStrava } from './stack.ts'
import { median } from './statistics.ts'

const ACTIVITIES = 640

/** Layout shift and blocking time of the signed-in page. */
export const page: Benchmark = {
  name: 'page',
  what: `the page of an athlete with ${ACTIVITIES} activities, on a phone with a processor four times slower and slow 4G`,
  async run(context) {
    const strava = await startStrava(context)
    const stack = await startStack(context, strava)
    const { authorization } = await stack.signIn(await strava.createAthlete(ACTIVITIES))
    const browser = await launchChromium()
    context.defer(() => browser.close())
    const visitor = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB' })
    const session = authorization.slice('Bearer '.length)
    await visitor.addCookies([{ name: 'ikigai_session', value: session, url: stack.publicUrl }])
    const load = async () => {
      const opened = await openSlowPage(visitor)
      await opened.goto(stack.publicUrl)
      await untilComplete(opened, ACTIVITIES)
      const measured = await pageLoadOf(opened)
      await opened.close()
      return measured
    }
    // The import ends during this one.
    await load()
    const loads: PageLoad[] = []
    while (loads.length < 1 || (loads.length < context.rounds && context.hasTime())) loads.push(await load())
    return [
      {
        what: 'cumulative layout shift, at most',
        unit: '',
        ours: Math.max(...loads.map(({ layoutShift }) => layoutShift)),
        target: { of: 'ours', atMost: 0.05 },
      },
      {
        what: 'total blocking time',
        unit: 'ms',
        ours: median(loads.map(({ blockingMs }) => blockingMs)),
        target: { of: 'ours', atMost: 300 },
      },
    ]
  },
}
