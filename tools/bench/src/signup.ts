import { bareSteps } from './bare-steps.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { compare } from './compare.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { untilQuiet } from './import.ts'
import { type Stack, startStack, startStrava } from './stack.ts'
import { median, percentile } from './statistics.ts'

/** One page, so that its list call is the only one. */
const ACTIVITIES = 150

/** Latency of the sign-up callback, with the first activities stored. */
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
    // A list call of the athlete before, which shows the end of the history, may be among them.
    const calls = (await strava.calls()).filter(
      (call) => call.athleteId === null || call.athleteId === athleteId,
    )
    // The callback waits only for the first page, not for the end of the history or details.
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

/** Number of first-page calls so far, from the fetcher's metrics: the calls that callbacks have waited for. */
async function firstPageCalls({ services }: Stack): Promise<number> {
  const metrics = await (await fetch(`${services.fetcher.adminUrl}/metrics`)).text()
  const counts = metrics.matchAll(/^ikigai_strava_calls_total\{lane="signup"[^}]*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Limit of 15 minutes: so small that the backlog soon waits for the next window. */
const LIMIT = '400,100000'
const HISTORY = 4_000

/** A sign-up on an idle application, compared with one whose backlog of 100,000 activities waits for quota. */
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
