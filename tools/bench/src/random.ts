import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, provision } from '@ikigai/bus'
import { parseRingKeys } from '@ikigai/keyring'
import { mintSession } from '@ikigai/sessions'
import { pino } from 'pino'
import postgres from 'postgres'
import type { Benchmark } from './benchmark.ts'
import { compare } from './compare.ts'
import { createStores } from './stack.ts'

const CONNECTIONS = 128
const ATHLETE = '4242'
const ACTIVITIES = 4_000

/** The main question that ikigai answers: one of my activities. */
export const random: Benchmark = {
  name: 'random',
  what: `one of ${ACTIVITIES} activities through the gateway, session checked`,
  async run(context) {
    const stores = await createStores(context)
    await storeActivities(stores.databaseUrl)
    await makeStreams(stores.natsUrl)
    const gateway = await context.service('services/gateway', stores.env)
    const { token } = await mintSession({
      keys: parseRingKeys(stores.sessionKeys),
      athleteId: ATHLETE,
      now: Date.now(),
    })
    const authorization = `Bearer ${token}`
    const url = `${gateway.url}/v1/activities/random`
    const answer = await fetch(url, { headers: { authorization } })
    const body = await answer.text()
    if (!answer.ok) throw new Error(`the gateway answers ${answer.status}: ${body}`)
    const folder = await mkdtemp(join(tmpdir(), 'ikigai-bench-bytes-'))
    context.defer(() => rm(folder, { recursive: true, force: true }))
    const bytesFile = join(folder, 'answer.json')
    await writeFile(bytesFile, body)

    const bare = await context.program('bare-fastify', { BYTES_FILE: bytesFile })
    const load = await context.program('http-load', { TARGET_URL: url, AUTHORIZATION: authorization })
    const bareLoad = await context.program('http-load', {
      TARGET_URL: `${bare.greeting}/bytes`,
      AUTHORIZATION: authorization,
    })
    const all = { connections: CONNECTIONS, ms: context.roundMs }
    const target = { of: 'ratio', atLeast: 0.6 } as const
    const throughput = await compare({
      what: 'answers',
      unit: '/s',
      rounds: context.rounds,
      context,
      ours: async () => (await load.ask(all)).perSecond ?? 0,
      baselines: { 'bare Fastify, same bytes': async () => (await bareLoad.ask(all)).perSecond ?? 0 },
      targets: { 'bare Fastify, same bytes': target },
    })
    const one = { connections: 1, ms: context.roundMs }
    const [ours, theirs] = [await load.ask(one), await bareLoad.ask(one)]
    return [
      ...throughput,
      {
        what: 'p50, one at a time',
        unit: 'ms',
        ours: ours.p50 ?? Number.NaN,
        baseline: { name: 'bare Fastify, same bytes', value: theirs.p50 ?? Number.NaN },
      },
    ]
  },
}

/** As the other services leave NATS: the gateway follows the events there. */
export async function makeStreams(natsUrl: string): Promise<void> {
  const bus = await connectBus({ servers: [natsUrl], name: 'bench', logger: pino({ level: 'warn' }) })
  await provision(bus)
  await bus.close()
}

/** A history of summaries as an import leaves it. */
export async function storeActivities(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql`insert into athletes (id, username, scopes, connected_at)
      values (${ATHLETE}, 'runner', '{read,activity:read_all}', now())`
    await sql`
      insert into activities (
        id, athlete_id, name, sport_type, start_at, utc_offset_seconds, time_zone, distance_meters,
        moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, average_speed, average_heart_rate,
        private, manual, summary_polyline, summary, observed_at, confirmed_at)
      select 9_000_000_000 + n, ${ATHLETE}, 'Morning Run ' || n, 'Run', now() - n * interval '20 hours', 3600,
        'Europe/Copenhagen', 8000 + n, 2400 + n, 2500 + n, 80, 3.3, 150, false, false, repeat('_p~iF~ps|U', 20),
        jsonb_build_object('id', 9_000_000_000 + n, 'map', jsonb_build_object('summary_polyline', repeat('_p~iF~ps|U', 20))),
        now(), now()
      from generate_series(1, ${ACTIVITIES}::int) n`
    await sql`analyze`
  } finally {
    await sql.end()
  }
}
