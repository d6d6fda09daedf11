import { type Bus, connectBus, provision, STREAMS } from '@ikigai/bus'
import { eventSubject, type StravaId } from '@ikigai/contracts'
import { athletes, type Db, openDatabase, outbox, type Tx } from '@ikigai/db'
import { captureLogs, type LogCapture, type TestContext, testDatabase, testNats } from '@ikigai/testkit'
import { count, eq, sql } from 'drizzle-orm'
import { type Logger, pino } from 'pino'
import { enqueue, eventMessage } from '../src/index.ts'

/** Postgres and NATS of one test file. */
export interface Harness {
  readonly databaseUrl: string
  readonly db: Db
  readonly nats: Awaited<ReturnType<typeof testNats>>
  readonly bus: Bus
  readonly logger: Logger
  readonly logs: LogCapture
  /** A pool of its own, as another replica has one. */
  openDb(name?: string): Db
  connect(): Promise<Bus>
}

export async function startHarness(t: TestContext): Promise<Harness> {
  const [{ url: databaseUrl }, nats] = await Promise.all([testDatabase(t), testNats(t)])
  const logs = captureLogs()
  const logger = pino({}, logs)
  const openDb = (name = 'outbox-test') => {
    const { db, close } = openDatabase({ url: databaseUrl, name, max: 5 })
    t.teardown(close)
    return db
  }
  const connect = async () => {
    const bus = await connectBus({ servers: [nats.url], name: 'outbox-test', logger })
    t.teardown(() => bus.close())
    return bus
  }
  const bus = await connect()
  await provision(bus)
  return { databaseUrl, db: openDb(), nats, bus, logger, logs, openDb, connect }
}

const AT = new Date('2030-01-01T00:00:00Z')

/** An event that says the `number`th thing of an athlete. */
export const numbered = (athleteId: StravaId, number: number) =>
  eventMessage('activity.deleted', athleteId, { id: String(number), athlete_id: athleteId }, AT)

/** Owes numbered events, in one transaction. */
export const owe = (db: Db, athleteId: StravaId, numbers: readonly number[]): Promise<void> =>
  db.transaction((tx) =>
    enqueue(
      tx,
      numbers.map((number) => numbered(athleteId, number)),
    ),
  )

export async function addAthlete(db: Db, id: StravaId): Promise<void> {
  await db.insert(athletes).values({ id, scopes: ['read'], connectedAt: AT })
}

/** The lock under which every change of an athlete is made. */
export const lockAthlete = (tx: Tx, id: StravaId) =>
  tx.select({ id: athletes.id }).from(athletes).where(eq(athletes.id, id)).for('no key update')

/** How many messages the outbox still owes. */
export async function owed(db: Db): Promise<number> {
  const [row] = await db.select({ count: count() }).from(outbox)
  return row?.count ?? 0
}

/** The numbers of an athlete's events, in the order of the stream. */
export async function numbersSent(bus: Bus, athleteId: StravaId): Promise<number[]> {
  const jsm = await bus.nc.jetstreamManager()
  const subject = eventSubject('activity.deleted', athleteId)
  const { state } = await jsm.streams.info(STREAMS.events, { subjects_filter: subject })
  const count = state.subjects?.[subject] ?? 0
  if (count === 0) return []
  const consumer = await bus.js.consumers.get(STREAMS.events, { filterSubjects: subject })
  const numbers: number[] = []
  for await (const message of await consumer.fetch({ max_messages: count })) {
    numbers.push(Number(message.json<{ id: string }>().id))
  }
  return numbers
}

/** Makes every deletion from the outbox do something first. Returns what undoes that. */
export async function beforeDelete(db: Db, statement: string): Promise<() => Promise<unknown>> {
  await db.execute(
    sql.raw(`
    create function before_delete() returns trigger language plpgsql as
    $$ begin ${statement}; return null; end $$`),
  )
  await db.execute(sql`
    create trigger before_delete before delete on outbox for each statement execute function before_delete()`)
  return () => db.execute(sql`drop function before_delete() cascade`)
}

export const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)
