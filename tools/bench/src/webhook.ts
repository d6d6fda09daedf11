import { connect } from 'nats'
import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import { compare } from './compare.ts'
import { createStores } from './stack.ts'

const CONNECTIONS = 128
/** Far above what Strava sends to one application. */
const RATE = 1_000

/** How fast an event is on JetStream's disk and acknowledged to Strava. */
export const webhook: Benchmark = {
  name: 'webhook',
  what: 'acknowledgements of the webhook, each after JetStream has the event',
  async run(context) {
    const stores = await createStores(context)
    await connectAthlete(stores.databaseUrl)
    // All the load comes from one address.
    const ingest = await context.service('services/ingest', {
      ...stores.env,
      WEBHOOK_SOURCE_LIMIT: '10000000',
    })
    const bare = await context.program('bare-fastify')
    const load = await context.program('http-load', {
      TARGET_URL: `${ingest.url}${stores.webhookPath}`,
      WEBHOOK: 'true',
    })
    const bareLoad = await context.program('http-load', {
      TARGET_URL: `${bare.greeting}/event`,
      WEBHOOK: 'true',
    })
    const publish = await context.program('bare-publish', { NATS_URL: await context.nats() })

    const all = { connections: CONNECTIONS, ms: context.roundMs }
    const throughput = await compare({
      what: 'as fast as it can',
      unit: '/s',
      rounds: context.rounds,
      context,
      ours: async () => (await load.ask(all)).perSecond ?? 0,
      baselines: {
        'bare Fastify': async () => (await bareLoad.ask(all)).perSecond ?? 0,
        'bare JetStream publish': async () => (await publish.ask(all)).perSecond ?? 0,
      },
    })
    const pace = await context.program('http-pace', { TARGET_URL: `${ingest.url}${stores.webhookPath}` })
    const barePace = await context.program('http-pace', { TARGET_URL: `${bare.greeting}/event` })
    const paced = { ms: 2 * context.roundMs, rate: RATE }
    const [ours, theirs] = [await pace.ask(paced), await barePace.ask(paced)]
    const latency = (name: 'p50' | 'p99'): Figure => ({
      what: `${name} at ${Math.round(ours.perSecond ?? 0)}/s`,
      unit: 'ms',
      ours: ours[name] ?? Number.NaN,
      baseline: { name: 'bare Fastify', value: theirs[name] ?? Number.NaN },
      ...(name === 'p99' ? { target: { of: 'ours', atMost: 50 } } : {}),
    })
    await checkStored(stores.natsUrl)
    return [...holdAgainstSlower(throughput), latency('p50'), latency('p99')]
  },
}

/** An event is kept only if it comes through our subscription and is about somebody with an account. */
async function connectAthlete(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`insert into webhook_subscriptions (id, callback_url, seen_at) values (1, 'http://127.0.0.1', now())`
  await sql`insert into athletes (id, scopes, connected_at) values (4242, '{read,activity:read_all}', now())`
  await sql.end()
}

/** An acknowledgement without a stored event would be fast and worth nothing. */
async function checkStored(natsUrl: string): Promise<void> {
  const nc = await connect({ servers: natsUrl })
  const { state } = await (await nc.jetstreamManager()).streams.info('STRAVA_EVENTS')
  await nc.close()
  if (state.messages < 100) throw new Error(`only ${state.messages} events are stored`)
}

/** Of two things in a row, nothing is faster than the slower: that one is the measure. */
function holdAgainstSlower(figures: readonly Figure[]): Figure[] {
  const slowest = Math.min(...figures.map(({ baseline }) => baseline?.value ?? Number.POSITIVE_INFINITY))
  return figures.map((figure) =>
    figure.baseline?.value === slowest ? { ...figure, target: { of: 'ratio', atLeast: 0.8 } } : figure,
  )
}
