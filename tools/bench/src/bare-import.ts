import { connect, type JetStreamClient, headers as natsHeaders, RetentionPolicy, StorageType } from 'nats'
import postgres from 'postgres'
import type { BenchmarkContext } from './context/benchmark-context.ts'

/** Documents stay text, as they do in ikigai's own client. */
const json = {
  to: 114,
  from: [114, 3802],
  serialize: (text: string) => text,
  parse: (text: string) => text,
}

/** A connection to a database of ikigai; closed when the benchmark ends. */
export function openPlain(context: BenchmarkContext, databaseUrl: string) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, types: { json } })
  context.defer(() => sql.end())
  return sql
}

type Plain = ReturnType<typeof openPlain>
type Rows = postgres.RowList<postgres.Row[]>

/** The baselines of an import. Each returns the stored activities per second of one history. */
export interface BareImport {
  /** Only the upserts: the same rows in the same batches, into a table with the same indexes. */
  upsert(athleteId: string): Promise<number>
  /**
   * All writes of an import: each batch and an outbox row for each activity in one commit; then every
   * message is published, its PubAck awaited, and its row deleted, while the next batch is stored.
   */
  sameWrites(athleteId: string): Promise<number>
}

/** Prepares both. `pageSize`: rows in a batch. */
export async function openBareImport(
  context: BenchmarkContext,
  { databaseUrl, pageSize }: { readonly databaseUrl: string; readonly pageSize: number },
): Promise<BareImport> {
  const [sql, sender] = [openPlain(context, databaseUrl), openPlain(context, databaseUrl)]
  await sql`create table plain (like activities including all)`
  await sql`create table plain_outbox (like outbox including all)`
  const js = await openStream(context)

  /** Empties the tables, and returns the rows of a history to store. */
  const historyOf = async (athleteId: string) => {
    const rows = await sql`select * from activities where athlete_id = ${athleteId} order by start_at desc`
    await sql`truncate plain, plain_outbox`
    return rows
  }
  return {
    upsert: async (athleteId) => {
      const rows = await historyOf(athleteId)
      return await perSecond(rows.length, async () => {
        for (const page of pages(rows, pageSize)) await upsertPage(sql, page)
      })
    },
    sameWrites: async (athleteId) => {
      const rows = await historyOf(athleteId)
      return await perSecond(rows.length, async () => {
        let sending: Promise<unknown> = Promise.resolve()
        for (const page of pages(rows, pageSize)) {
          const owed = await sql.begin(async (tx) => {
            await upsertPage(tx, page)
            return await owe(tx, page)
          })
          sending = Promise.all([sending, sendAll(sender, js, owed)])
        }
        await sending
      })
    },
  }
}

const upsertPage = (sql: Plain | postgres.TransactionSql, page: readonly postgres.Row[]) => sql`
  insert into plain ${sql(page)}
  on conflict (id) do update set name = excluded.name, summary = excluded.summary, observed_at = excluded.observed_at`

async function owe(sql: postgres.TransactionSql, page: readonly postgres.Row[]): Promise<Rows> {
  const headers = JSON.stringify({ 'ce-specversion': '1.0', 'Content-Type': 'application/json' })
  const owed = page.map(({ summary, summary_polyline: polyline, ...activity }) => ({
    athlete_id: activity['athlete_id'],
    subject: `plain.${activity['athlete_id']}`,
    message_id: crypto.randomUUID(),
    headers,
    body: JSON.stringify({ ...activity, summary_polyline: polyline }),
  }))
  return await sql`
    insert into plain_outbox ${sql(owed)} returning id, subject, message_id, headers::text as headers, body`
}

async function sendAll(sql: Plain, js: JetStreamClient, owed: Rows): Promise<void> {
  await Promise.all(
    owed.map((row) => {
      const headers = natsHeaders()
      for (const [name, value] of Object.entries<string>(JSON.parse(row['headers']))) headers.set(name, value)
      return js.publish(row['subject'], row['body'], { msgID: row['message_id'], headers })
    }),
  )
  await sql`delete from plain_outbox where id in ${sql(owed.map(({ id }) => id))}`
}

async function openStream(context: BenchmarkContext): Promise<JetStreamClient> {
  const nc = await connect({ servers: await context.nats() })
  context.defer(() => nc.close())
  const jsm = await nc.jetstreamManager()
  const stored = { storage: StorageType.File, retention: RetentionPolicy.Limits }
  await jsm.streams.add({ name: 'PLAIN', subjects: ['plain.>'], ...stored })
  return nc.jetstream()
}

function* pages(rows: readonly postgres.Row[], size: number): Generator<readonly postgres.Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (count / (performance.now() - startedAt)) * 1_000
}
