import { bareSteps } from './bare-steps.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { compare } from './compare.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { untilQuiet } from './import.ts'
import { type Stack, startStack, startStrava } from './stack.ts'
import { median, percentile } from './statistics.ts'

/** One page, so that its list call is the only one. */
const ACTIVITIES = 150

/** From the code to the session, with the first activities stored. */
export const signup: Benchmark = {
  name: 'signup',
  what: "the callback of a sign-up, over the time that Strava's own calls take",
  async run(context) {
    return [...(await overhead(context)), ...(await besideBacklog(context))]
  },
}

async function overhead(context: BenchmarkContext): Promise<Figure[]> {
  const strava = await startStrava(context)
  const stack = await startStack(context, strava)
  const over: number[] = []
  const theirs: number[] = []
  let dataCalls = 0
  const count = context.quick ? 6 : 40
  for (let signUps = -2; signUps < count && (signUps < 4 || context.hasTime(0.4)); signUps += 1) {
    const athleteId = await strava.createAthlete(ACTIVITIES)
    await strava.forgetCalls()
    const before = await firstPageCalls(stack)
    const { callbackMs } = await stack.signIn(athleteId)
    const calls = await strava.calls()
    // What follows (the end of the history, details) is none of the callback's business: it waits for the first page alone.
    const within = ['token', 'list'].map((kind) => calls.find((call) => call.kind === kind)?.durationMs ?? 0)
    const stravaMs = within.reduce((sum, durationMs) => sum + durationMs, 0)
    if (signUps < 0) continue
    over.push(callbackMs - stravaMs)
    theirs.push(stravaMs)
    dataCalls = Math.max(dataCalls, (await firstPageCalls(stack)) - before)
  }
  const baseline = { name: "Strava's own part", value: median(theirs) }
  const bare = await bareSteps(context, stack.stores.natsUrl, context.quick ? 15 : 100)
  return [
    { what: 'p50 over Strava', unit: 'ms', ours: median(over), baseline, target: { of: 'ours', atMost: 50 } },
    ...bare.figures(median(over), 'p50 over Strava'),
    {
      what: 'p99 over Strava',
      unit: 'ms',
      ours: percentile(over, 0.99),
      baseline,
      target: { of: 'ours', atMost: 100 },
    },
    { what: 'data calls in the callback', unit: '', ours: dataCalls, target: { of: 'ours', atMost: 1 } },
  ]
}

/** Calls of Strava for first pages so far, as the fetcher counts them: all that callbacks have waited for. */
async function firstPageCalls({ services }: Stack): Promise<number> {
  const metrics = await (await fetch(`${services.fetcher.adminUrl}/metrics`)).text()
  const counts = metrics.matchAll(/^ikigai_strava_calls_total\{lane="signup"[^}]*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Calls in a quarter of an hour: so few that the backlog is soon left waiting for the next one. */
const LIMIT = '400,100000'
const HISTORY = 4_000

/** The same sign-up on an idle application, and on one whose backlog of 100,000 activities waits for quota. */
async function besideBacklog(context: BenchmarkContext): Promise<readonly Figure[]> {
  const athletes = context.quick ? 3 : 25
  const [busyStrava, idleStrava] = [await startStrava(context, LIMIT), await startStrava(context, LIMIT)]
  const busy = await startStack(context, busyStrava, LIMIT)
  const idle = await startStack(context, idleStrava, LIMIT)
  for (let made = 0; made < athletes; made += 1) await busy.signIn(await busyStrava.createAthlete(HISTORY))
  await untilQuiet(busyStrava)
  await untilQuiet(idleStrava)
  const name = 'idle application'
  return await compare({
    what: `callback beside ${(athletes * HISTORY).toLocaleString('en-US')} activities`,
    unit: 'ms',
    rounds: context.quick ? 3 : 9,
    context,
    ours: async () => (await busy.signIn(await busyStrava.createAthlete(ACTIVITIES))).callbackMs,
    baselines: {
      [name]: async () => (await idle.signIn(await idleStrava.createAthlete(ACTIVITIES))).callbackMs,
    },
    targets: { [name]: { of: 'ratio', atMost: 1.1 } },
  })
}
