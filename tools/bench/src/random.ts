import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, provision } from '@ikigai/bus'
import { parseRingKeys } from '@ikigai/keyring'
import { mintSession } from '@ikigai/sessions'
import { pino } from 'pino'
import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import { compareReadings } from './compare-readings.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import { type LoadTarget, startLoad } from './http-load.ts'
import { startSameDuties } from './same-duties.ts'
import { createStores } from './stack.ts'
import { versionOf } from './versions.ts'

const CONNECTIONS = 128
const ATHLETE = '4242'
const ACTIVITIES = 4_000
const FIRST_ID = '9000000001'

/** Throughput of ikigai's main request: a random activity. */
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
    const listUrl = `${gateway.url}/v1/activities?limit=20`
    const sessionKey = stores.sessionKeys.slice(stores.sessionKeys.indexOf(':') + 1)
    const env = { AUTHORIZATION: authorization }
    const activity = await startBaselines(context, url, authorization, sessionKey)
    const page = await startBaselines(context, listUrl, authorization, sessionKey)
    const load = await startLoad(context, {
      ours: { url, serverPid: gateway.pid, env },
      list: { url: listUrl, serverPid: gateway.pid, env },
      one: { url: `${gateway.url}/v1/activities/${FIRST_ID}`, serverPid: gateway.pid, env },
      sameDuties: { ...activity.sameDuties, env },
      bare: { ...activity.bare, env },
      sameDutiesPage: { ...page.sameDuties, env },
      barePage: { ...page.bare, env },
    })
    context.note(`clients that make the load: ${load.clients}`)
    const all = { connections: CONNECTIONS, ms: context.roundMs }
    const [BARE, DUTIES] = [`bare Fastify ${versionOf('fastify')}, same bytes`, 'same duties, same bytes']
    const figures: Figure[] = []
    for (const [what, ours, sameDuties, bare, share] of [
      ['a random activity', 'ours', 'sameDuties', 'bare', 1],
      ['a list of 20', 'list', 'sameDutiesPage', 'barePage', 1.5],
      ['an activity by its id', 'one', 'sameDuties', 'bare', 2],
    ] as const) {
      const compared = await compareReadings({
        values: [
          {
            key: 'perSecond',
            what,
            unit: '/s',
            targets: { [BARE]: { of: 'ratio', atLeast: 0.4 }, [DUTIES]: { of: 'ratio', atLeast: 0.8 } },
          },
          { key: 'cpuPerThousand', what: 'processor time for 1,000 answers', unit: 's' },
        ],
        rounds: context.rounds,
        context: { hasTime: () => context.hasTime(share) },
        ours: () => load.run(ours, all),
        baselines: { [DUTIES]: () => load.run(sameDuties, all), [BARE]: () => load.run(bare, all) },
      })
      figures.push(...compared)
    }
    const one = { connections: load.clients, ms: context.roundMs }
    const p50 = async (name: 'ours' | 'sameDuties' | 'bare') => (await load.run(name, one)).p50
    const ours = await p50('ours')
    const latencies: Figure[] = []
    for (const [name, key] of [
      [DUTIES, 'sameDuties'],
      [BARE, 'bare'],
    ] as const) {
      const baseline = { name, value: await p50(key) }
      latencies.push({ what: 'p50, one at a time', unit: 'ms', ours, baseline })
    }
    return [...figures, ...latencies]
  },
}

/** The two baselines of one request: they respond with the gateway's own bytes and headers. */
async function startBaselines(
  context: BenchmarkContext,
  url: string,
  authorization: string,
  sessionKey: string,
): Promise<{ readonly sameDuties: LoadTarget; readonly bare: LoadTarget }> {
  const answer = await fetch(url, { headers: { authorization } })
  const body = await answer.text()
  if (!answer.ok) throw new Error(`the gateway answers ${answer.status}: ${body}`)
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-bench-bytes-'))
  context.defer(() => rm(folder, { recursive: true, force: true }))
  const bytesFile = join(folder, 'answer.json')
  await writeFile(bytesFile, body)
  const bare = await context.program('bare-fastify', { BYTES_FILE: bytesFile })
  const sameDuties = await startSameDuties(context, answer, {
    BYTES_FILE: bytesFile,
    SESSION_KEY: sessionKey,
  })
  return {
    sameDuties: { url: `${sameDuties.greeting}/bytes`, serverPid: sameDuties.pid },
    bare: { url: `${bare.greeting}/bytes`, serverPid: bare.pid },
  }
}

/** Provisions NATS as the other services do, because the gateway follows the events there. */
export async function makeStreams(natsUrl: string): Promise<void> {
  const bus = await connectBus({ servers: [natsUrl], name: 'bench', logger: pino({ level: 'warn' }) })
  await provision(bus)
  await bus.close()
}

/** A history of summaries as an import leaves it. */
async function storeActivities(url: string): Promise<void> {
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
