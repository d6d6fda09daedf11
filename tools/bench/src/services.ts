import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { watchMemory } from './context/service.ts'
import { type Stack, startStack, startStrava } from './stack.ts'
import { median } from './statistics.ts'

const NAMES = ['gateway', 'auth', 'ingest', 'fetcher'] as const
const CONNECTIONS = 32

/** Maximum memory of each service under load, and its time to readiness. */
export const services: Benchmark = {
  name: 'services',
  what: 'memory under load, and time from the start of the process to its first 200 of /readyz',
  async run(context) {
    const strava = await startStrava(context)
    const stack = await startStack(context, strava)
    const bare = await context.program('bare-fastify')
    const starts = await startTimes(context, stack)
    const { ingest, authorization } = await prepare(context, stack, strava)
    const loads = [
      context.program('http-load', { TARGET_URL: `${bare.greeting}/bytes` }),
      context.program('http-load', {
        TARGET_URL: `${ingest.url}${stack.stores.webhookPath}`,
        WEBHOOK: 'true',
      }),
      context.program('http-load', {
        TARGET_URL: `${stack.publicUrl}/v1/activities/random`,
        AUTHORIZATION: authorization,
      }),
    ]
    const watch = watchMemory({
      bare: bare.pid,
      ingest: ingest.pid,
      gateway: stack.services.gateway.pid,
      auth: stack.services.auth.pid,
      fetcher: stack.services.fetcher.pid,
    })
    for (const load of await Promise.all(loads))
      await load.ask({ connections: CONNECTIONS, ms: 2 * context.roundMs })
    for (let made = 0; made < (context.quick ? 2 : 6); made += 1) {
      await stack.signIn(await strava.createAthlete(context.quick ? 400 : 2_000))
    }
    const most = await watch.end()
    const memory = NAMES.map(
      (name): Figure => ({
        what: `${name}: memory at most`,
        unit: 'MiB',
        ours: most[name] ?? Number.NaN,
        baseline: { name: 'bare Fastify', value: most['bare'] ?? Number.NaN },
        target: { of: 'ours', atMost: 160 },
      }),
    )
    return [...memory, ...starts]
  },
}

/** Starts each service beside the running ones, and a bare Fastify after each. */
async function startTimes(context: BenchmarkContext, { stores }: Stack): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const name of NAMES) {
    const ours: number[] = []
    const theirs: number[] = []
    for (let start = 0; start < (context.quick ? 1 : 3) && (start < 1 || context.hasTime(0.5)); start += 1) {
      const service = await context.service(`services/${name}`, stores.env)
      ours.push(service.readyAfterMs)
      await service.stop()
      const bare = await context.program('bare-fastify')
      theirs.push(bare.readyAfterMs)
      await bare.stop()
    }
    figures.push({
      what: `${name}: ready after`,
      unit: 'ms',
      ours: median(ours),
      baseline: { name: 'bare Fastify', value: median(theirs) },
      target: { of: 'ours', atMost: 1_000 },
    })
  }
  return figures
}

async function prepare(
  context: BenchmarkContext,
  stack: Stack,
  strava: Awaited<ReturnType<typeof startStrava>>,
) {
  const athleteId = await strava.createAthlete(200)
  const { authorization } = await stack.signIn(athleteId)
  const sql = postgres(stack.stores.databaseUrl, { max: 1, onnotice: () => {} })
  await sql`insert into webhook_subscriptions (id, callback_url, seen_at) values (1, 'http://127.0.0.1', now())`
  await sql.end()
  const ingest = await context.service('services/ingest', {
    ...stack.stores.env,
    WEBHOOK_SOURCE_LIMIT: '10000000',
  })
  return { ingest, authorization }
}
