import { type Bus, connectBus, provision, publish } from '@ikigai/bus'
import { openDatabase } from '@ikigai/db'
import { enqueue, eventMessage, type OutboxMessage, startRelay } from '@ikigai/outbox'
import { pino } from 'pino'
import postgres from 'postgres'
import type { Benchmark } from './benchmark.ts'
import { compare } from './compare.ts'

/** Messages of a page of an import. */
const PER_TRANSACTION = 200
/** Batch size of the relay. */
const PER_BATCH = 500

/** Throughput of the outbox, from the transaction to NATS's acknowledgement. */
export const outbox: Benchmark = {
  name: 'outbox',
  what: 'messages per second, stored with a change and sent to NATS',
  async run(context) {
    const count = context.quick ? 500 : 4_000
    const url = await context.database()
    const { db, close } = openDatabase({ url, name: 'bench' })
    context.defer(close)
    const logger = pino({ level: 'warn' })
    const bus = await connectBus({ servers: [await context.nats()], name: 'bench', logger })
    context.defer(() => bus.close())
    await provision(bus)
    const relay = startRelay({ db, bus, logger })
    context.defer(() => relay.stop())
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    context.defer(() => sql.end())
    await sql`create table plain (id bigint generated always as identity primary key, subject text, body text)`

    return await compare({
      what: 'stored and sent',
      unit: '/s',
      rounds: context.rounds,
      context,
      ours: () =>
        perSecond(count, async () => {
          for (const messages of inChunks(makeMessages(count), PER_TRANSACTION)) {
            await db.transaction((tx) => enqueue(tx, messages))
            relay.wake()
          }
          await relay.flush()
        }),
      baselines: {
        'bare JetStream publish': () => perSecond(count, () => publishAll(bus, makeMessages(count))),
        'bare insert and delete': () => perSecond(count, () => insertAndDelete(sql, makeMessages(count))),
      },
    })
  },
}

function makeMessages(count: number): OutboxMessage[] {
  const at = new Date()
  return Array.from({ length: count }, (_, index) => {
    const athleteId = String(1_000 + (index % 50))
    return eventMessage('activity.deleted', athleteId, { id: String(index + 1), athlete_id: athleteId }, at)
  })
}

async function publishAll(bus: Bus, messages: readonly OutboxMessage[]): Promise<void> {
  for (const batch of inChunks(messages, PER_BATCH))
    await Promise.all(batch.map((message) => publish(bus, message)))
}

async function insertAndDelete(sql: postgres.Sql, messages: readonly OutboxMessage[]): Promise<void> {
  for (const chunk of inChunks(messages, PER_TRANSACTION)) {
    await sql`insert into plain ${sql(chunk.map(({ subject, body }) => ({ subject, body })))}`
  }
  for (let left = messages.length; left > 0; left -= PER_BATCH) {
    await sql`delete from plain where id in (select id from plain order by id limit ${PER_BATCH})`
  }
}

function* inChunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (count / (performance.now() - startedAt)) * 1_000
}
