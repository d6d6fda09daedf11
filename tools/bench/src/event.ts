import { CALL_MS, perSecondOf } from '@ikigai/quota'
import postgres from 'postgres'
import { bareSteps } from './bare-steps.ts'
import type { Benchmark } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { cpuSeconds } from './context/cpu.ts'
import type { Service } from './context/service.ts'
import { type Stack, type Strava, startStack, startStrava } from './stack.ts'
import { median, percentile } from './statistics.ts'
import { stravaEvent } from './strava-event.ts'

const WARM_UPS = 10
/** More events in a short time would count as a flood, and cause a list call. */
const EVENTS_EACH = 9
/** Athletes of the burst, four events each. */
const ATHLETES = 50
/** Calls of usual length, whose rate is compared with what the forecast reckons with: some four seconds. */
const SLOW_CALLS = 60

/** Latency from Strava's webhook call to the stored activity, through four processes. */
export const event: Benchmark = {
  name: 'event',
  what: 'from an event at the webhook to the activity stored, over the time that Strava itself takes',
  async run(context) {
    const strava = await startStrava(context)
    const stack = await startStack(context, strava)
    const singles = context.quick ? 15 : 100
    const burst = context.quick ? 20 : 200
    const slowCalls = context.quick ? 20 : SLOW_CALLS
    const nextAthlete = await signInSome(
      strava,
      stack,
      Math.max(
        context.quick ? 1 : ATHLETES,
        Math.ceil((WARM_UPS + singles + burst + slowCalls) / EVENTS_EACH),
      ),
    )
    const stored = await watchStored(context, stack.stores.databaseUrl)
    const ingest = await startIngest(context, stack)
    const webhookUrl = `${ingest.url}${stack.stores.webhookPath}`
    /** Processor time of all four services so far: ms. */
    const cpuMs = async () => {
      const services = [ingest, ...Object.values(stack.services)]
      const each = await Promise.all(services.map(({ pid }) => cpuSeconds(pid)))
      return each.reduce((sum, seconds) => sum + seconds * 1_000, 0)
    }

    const prepare = async () => {
      const athleteId = nextAthlete()
      const id = await strava.createActivity(athleteId)
      return { stored: stored.when(id), send: () => sendEvent(webhookUrl, stravaEvent(id, athleteId)) }
    }
    const single = async () => {
      const one = await prepare()
      const startedAt = performance.now()
      await one.send()
      return (await one.stored) - startedAt
    }
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) await single()
    await strava.forgetCalls()
    const commitsBefore = await stored.commits()
    const times: number[] = []
    while (times.length < singles && (times.length < 5 || context.hasTime(0.6))) times.push(await single())
    const commits = (await stored.commits()) - commitsBefore
    const strava50 = await detailMs(strava)
    const bare = await bareSteps(context, stack.stores.natsUrl, singles)

    /** So many events at once: stored per second. */
    const atOnce = async (count: number) => {
      const many = await Promise.all(Array.from({ length: count }, prepare))
      const startedAt = performance.now()
      await Promise.all(many.map(({ send }) => send()))
      await Promise.all(many.map((one) => one.stored))
      return count / ((performance.now() - startedAt) / 1_000)
    }
    const cpuBefore = await cpuMs()
    const burstRate = await atOnce(burst)
    const burstCpuMs = (await cpuMs()) - cpuBefore
    await strava.slowDetails(CALL_MS.webhook)
    const slowRate = await atOnce(slowCalls)
    const baseline = { name: "Strava's own part", value: strava50 }
    const over50 = median(times) - strava50
    return [
      { what: 'p50 over Strava', unit: 'ms', ours: over50, baseline, target: { of: 'ours', atMost: 15 } },
      {
        what: 'p50 over Strava, in bare steps',
        unit: 'ms',
        ours: over50,
        baseline: bare.sum,
        ratio: over50 / bare.sum.value,
        target: { of: 'ratio', atMost: 6 },
      },
      ...bare.figures(over50, 'p50 over Strava'),
      { what: 'p99 over Strava', unit: 'ms', ours: percentile(times, 0.99) - strava50, baseline },
      {
        what: 'commits in PostgreSQL for each',
        unit: '',
        ours: commits / times.length,
        target: { of: 'ours', atMost: 6 },
      },
      {
        what: `the whole way, ${burst} at once`,
        unit: '/s',
        ours: burstRate,
        target: { of: 'ours', atLeast: 200 },
      },
      { what: "the services' processor time for each of them", unit: 'ms', ours: burstCpuMs / burst },
      {
        what: `calls of ${CALL_MS.webhook} ms in one lane`,
        unit: '/s',
        ours: slowRate,
        baseline: { name: 'as the forecast reckons', value: perSecondOf('webhook') },
        ratio: slowRate / perSecondOf('webhook'),
        target: { of: 'ratio', atLeast: 0.9, atMost: 1.1 },
      },
    ]
  },
}

/** Signs athletes in. Returns a function that cycles through them. */
async function signInSome(strava: Strava, stack: Stack, count: number): Promise<() => string> {
  const ids: string[] = []
  while (ids.length < count) {
    const id = await strava.createAthlete(1)
    await stack.signIn(id)
    ids.push(id)
  }
  let turn = 0
  return () => ids[turn++ % count] ?? ''
}

async function startIngest(context: BenchmarkContext, { stores }: Stack): Promise<Service> {
  const sql = postgres(stores.databaseUrl, { max: 1, onnotice: () => {} })
  await sql`insert into webhook_subscriptions (id, callback_url, seen_at) values (1, 'http://127.0.0.1', now())`
  await sql.end()
  return context.service('services/ingest', stores.env)
}

async function sendEvent(url: string, body: string): Promise<void> {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  if (!response.ok) throw new Error(`the webhook answers ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

/** Median duration of the calls for details, measured by the simulator. */
async function detailMs(strava: Strava): Promise<number> {
  const calls = await strava.calls()
  return median(calls.filter(({ kind }) => kind === 'detail').map(({ durationMs }) => durationMs))
}

/** Reports when a detail has been committed. */
interface StoredWatch {
  /** Resolves with the time (`performance.now()`) at which PostgreSQL reported the commit. */
  when(activityId: string): Promise<number>
  /** Transactions of the database so far. */
  commits(): Promise<number>
}

/** Uses a trigger with `notify`, so that nothing has to poll. */
async function watchStored(context: BenchmarkContext, url: string): Promise<StoredWatch> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  context.defer(() => sql.end())
  await sql`
    create function tell_stored() returns trigger language plpgsql as
    $$ begin perform pg_notify('stored', new.id::text); return null; end $$`
  await sql`
    create trigger tell_stored after insert or update on activities
    for each row when (new.detail is not null) execute function tell_stored()`
  const waiting = new Map<string, (at: number) => void>()
  await sql.listen('stored', (id) => {
    waiting.get(id)?.(performance.now())
    waiting.delete(id)
  })
  return {
    when: (id) => new Promise((resolve) => waiting.set(id, resolve)),
    commits: async () => {
      // A backend's counts are flushed once it has been idle for a while.
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const [row] = await sql`select xact_commit from pg_stat_database where datname = current_database()`
      return Number(row?.['xact_commit'])
    },
  }
}
