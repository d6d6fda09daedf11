import { connect } from 'nats'
import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import { compareReadings } from './compare-readings.ts'
import { cpuSeconds } from './context/cpu.ts'
import { startLoad } from './http-load.ts'
import { startSameDuties } from './same-duties.ts'
import { createStores } from './stack.ts'
import { stravaEvent } from './strava-event.ts'
import { versionOf } from './versions.ts'

const CONNECTIONS = 128
/** Far above what Strava sends to one application. */
const RATE = 1_000
/** The secret of the baseline's path. */
const SECRET = 'secret-of-the-baseline-0123456789abcdef'

/** Throughput and latency of storing an event in JetStream and acknowledging it. */
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
    const url = `${ingest.url}${stores.webhookPath}`
    const bare = await context.program('bare-fastify')
    const sameDuties = await startSameDuties(context, await sendOne(url), {
      SECRET,
      NATS_URL: await context.nats(),
    })
    const sameUrl = `${sameDuties.greeting}/event/${SECRET}`
    await sendOne(sameUrl)
    const env = { WEBHOOK: 'true' }
    const load = await startLoad(context, {
      ours: { url, serverPid: ingest.pid, env },
      sameDuties: { url: sameUrl, serverPid: sameDuties.pid, env },
      bare: { url: `${bare.greeting}/event`, serverPid: bare.pid, env },
    })
    context.note(`clients that make the load: ${load.clients}`)
    const publish = await context.program('bare-publish', { NATS_URL: await context.nats() })

    const all = { connections: CONNECTIONS, ms: context.roundMs }
    const [BARE, PUBLISH] = [`bare Fastify ${versionOf('fastify')}`, 'bare JetStream publish']
    const DUTIES = 'same duties + one publish each'
    const throughput = await compareReadings({
      values: [
        {
          key: 'perSecond',
          what: 'as fast as it can',
          unit: '/s',
          targets: { [DUTIES]: { of: 'ratio', atLeast: 0.8 } },
        },
        { key: 'cpuPerThousand', what: 'processor time for 1,000', unit: 's' },
      ],
      rounds: context.rounds,
      context,
      ours: () => load.run('ours', all),
      baselines: {
        [DUTIES]: () => load.run('sameDuties', all),
        [BARE]: () => load.run('bare', all),
        [PUBLISH]: async () => {
          const before = await cpuSeconds(publish.pid)
          const { perSecond = Number.NaN, acknowledged = Number.NaN } = await publish.ask(all)
          const used = (await cpuSeconds(publish.pid)) - before
          return { perSecond, cpuPerThousand: (used / acknowledged) * 1_000 }
        },
      },
    })
    const pace = await context.program('http-pace', { TARGET_URL: url })
    const samePace = await context.program('http-pace', { TARGET_URL: sameUrl })
    const barePace = await context.program('http-pace', { TARGET_URL: `${bare.greeting}/event` })
    const paced = { ms: 2 * context.roundMs, rate: RATE }
    const ours = await pace.ask(paced)
    const others = { [DUTIES]: await samePace.ask(paced), [BARE]: await barePace.ask(paced) }
    const latency = (quantile: 'p50' | 'p99'): Figure[] =>
      Object.entries(others).map(([name, theirs]) => ({
        what: `${quantile} at ${Math.round(ours['perSecond'] ?? 0)}/s`,
        unit: 'ms',
        ours: ours[quantile] ?? Number.NaN,
        baseline: { name, value: theirs[quantile] ?? Number.NaN },
        ...(quantile === 'p99' && name === DUTIES ? { target: { of: 'ours', atMost: 25 } } : {}),
      }))
    await checkStored(stores.natsUrl)
    return [...throughput, ...latency('p50'), ...latency('p99')]
  },
}

/** Adds the subscription and the athletes that ingest requires to store an event. */
async function connectAthlete(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`insert into webhook_subscriptions (id, callback_url, seen_at) values (1, 'http://127.0.0.1', now())`
  await sql`insert into athletes (id, scopes, connected_at) values (4242, '{read,activity:read_all}', now())`
  await sql.end()
}

/** Checks that acknowledged events are stored. */
async function checkStored(natsUrl: string): Promise<void> {
  const nc = await connect({ servers: natsUrl })
  const { state } = await (await nc.jetstreamManager()).streams.info('STRAVA_EVENTS')
  await nc.close()
  if (state.messages < 100) throw new Error(`only ${state.messages} events are stored`)
}

/** A unique event; the baseline's answer has the headers of ikigai's. */
async function sendOne(url: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: stravaEvent('1', '4242') })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`)
  return answer
}
