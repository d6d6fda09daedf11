import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseRingKeys } from '@ikigai/keyring'
import { mintSession } from '@ikigai/sessions'
import postgres from 'postgres'
import type { Benchmark, Figure } from './benchmark.ts'
import { compare } from './compare.ts'
import type { BenchmarkContext } from './context/benchmark-context.ts'
import type { Program } from './context/program.ts'
import { watchMemory } from './context/service.ts'
import { makeStreams } from './random.ts'
import { createStores } from './stack.ts'

/** Maximum open streams of an athlete. */
const PER_ATHLETE = 10
/** Athletes with an event at the same time. */
const NOTIFIED_BATCH_SIZE = 20
const BARE = 'bare Fastify, same bytes'

/** Cost and latency of many open event streams. */
export const sse: Benchmark = {
  name: 'sse',
  what: 'open streams on one gateway: memory of each, and from the event in NATS to the client',
  async run(context) {
    const count = context.quick ? 500 : 5_000
    const athletes = Array.from({ length: count / PER_ATHLETE }, (_, index) => String(1_000_000 + index))
    const stores = await createStores(context)
    await storeAthletes(stores.databaseUrl, athletes)
    await makeStreams(stores.natsUrl)
    const gateway = await context.service('services/gateway', stores.env)
    const eventsUrl = `${gateway.url}/v1/import/events`
    const bytesFile = await firstMessage(context, eventsUrl, stores.sessionKeys, athletes[0] ?? '')
    // The heap grows as the gateway's does.
    const bare = await context.program('bare-sse', {
      BYTES_FILE: bytesFile,
      NODE_OPTIONS: '--max-semi-space-size=8',
    })
    const all = {
      SESSION_KEYS: stores.sessionKeys,
      ATHLETES: athletes.join(','),
      PER_ATHLETE: `${PER_ATHLETE}`,
    }
    const client = await context.program('sse-client', {
      ...all,
      EVENTS_URL: eventsUrl,
      NATS_URL: stores.natsUrl,
    })
    const bareClient = await context.program('sse-client', {
      ...all,
      EVENTS_URL: `${bare.greeting}/events`,
      TELL_URL: `${bare.greeting}/tell`,
    })

    const ours = await openAll(client, gateway.pid, count)
    const theirs = await openAll(bareClient, bare.pid, count)
    const told = { kind: 'tell', athletes: NOTIFIED_BATCH_SIZE, ms: context.roundMs }
    const latency = (name: 'p50' | 'p99') =>
      compare({
        what: `${name} until it has arrived`,
        unit: 'ms',
        rounds: Math.ceil(context.rounds / 2),
        context,
        ours: async () => (await client.ask(told))[name] ?? Number.NaN,
        baselines: { [BARE]: async () => (await bareClient.ask(told))[name] ?? Number.NaN },
      })
    const figure = (what: string, unit: string, mine: number, other: number): Figure => ({
      what,
      unit,
      ours: mine,
      baseline: { name: BARE, value: other },
      ratio: mine / other,
    })
    return [
      figure(`memory of each of ${count}`, 'KiB', ours.kibEach, theirs.kibEach),
      figure('opened', '/s', ours.perSecond, theirs.perSecond),
      ...(await latency('p50')),
      ...(await latency('p99')),
    ]
  },
}

/** Opens the client's streams, and measures the growth of the server's memory. */
async function openAll(client: Program, serverPid: number, count: number) {
  const before = await residentMib(serverPid)
  const { seconds = Number.NaN } = await client.ask({ kind: 'open' })
  const after = await residentMib(serverPid)
  return { kibEach: ((after - before) * 1_024) / count, perSecond: count / seconds }
}

async function residentMib(pid: number): Promise<number> {
  const { server = Number.NaN } = await watchMemory({ server: pid }).end()
  return server
}

/** The first message of a stream, in a file. */
async function firstMessage(
  context: BenchmarkContext,
  url: string,
  sessionKeys: string,
  athleteId: string,
): Promise<string> {
  const { token } = await mintSession({ keys: parseRingKeys(sessionKeys), athleteId, now: Date.now() })
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok || response.body === null) throw new Error(`the gateway answers ${response.status}`)
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (text.includes('\n\n')) break
  }
  const folder = await mkdtemp(join(tmpdir(), 'ikigai-bench-bytes-'))
  context.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'first-message')
  await writeFile(file, text)
  return file
}

/** Athletes with complete imports, so that nothing is read for their streams between events. */
async function storeAthletes(url: string, athletes: readonly string[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql`insert into athletes (id, scopes, connected_at)
      select unnest(${athletes}::bigint[]), '{read,activity:read_all}', now()`
    await sql`insert into imports (athlete_id, state, pages, started_at, updated_at, completed_at)
      select id, 'complete', 1, now(), now(), now() from athletes`
  } finally {
    await sql.end()
  }
}
