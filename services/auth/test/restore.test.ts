import { INTERNAL_API, request, STREAMS } from '@ikigai/bus'
import { eventSubject } from '@ikigai/contracts'
import { athletes, type Db, migrate, openDatabase, restores } from '@ikigai/db'
import { browser, eventually, testDatabase } from '@ikigai/testkit'
import { asc } from 'drizzle-orm'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { JSON_ONLY, newAthlete, sessionOf, signIn, startHarness } from './harness.ts'

/** A logical backup of the tables, without the lock rows, which every migration creates. */
async function backUp(url: string): Promise<ReadonlyMap<string, Buffer>> {
  const sql = postgres(url, { max: 1 })
  try {
    const tables = await sql<
      { name: string }[]
    >`select tablename as name from pg_tables where schemaname = 'public' and tablename not like '%locks'`
    const copies = new Map<string, Buffer>()
    for (const { name } of tables) {
      const chunks: Buffer[] = []
      for await (const chunk of await sql`copy ${sql(name)} to stdout`.readable()) chunks.push(chunk)
      copies.set(name, Buffer.concat(chunks))
    }
    return copies
  } finally {
    await sql.end()
  }
}

/** Loads a backup into a new database and records the restore, as deploy/restore.sh does. */
async function restore(t: Test, backup: ReadonlyMap<string, Buffer>): Promise<{ url: string; db: Db }> {
  const { url } = await testDatabase(t)
  const sql = postgres(url, { max: 1 })
  // Without foreign keys, so that the order of the tables does not matter.
  await sql`set session_replication_role = replica`
  for (const [name, content] of backup) {
    await sql`truncate ${sql(name)} cascade`
    const target = await sql`copy ${sql(name)} from stdin`.writable()
    await new Promise<void>((resolve, reject) => {
      target.once('finish', resolve).once('error', reject).end(content)
    })
  }
  await sql`insert into restores default values`
  await sql.end()
  await migrate(url)
  const { db, close } = openDatabase({ url, name: 'restored' })
  t.teardown(close)
  return { url, db }
}

const harness = await startHarness(t)
const { bus, strava, clock, environment } = harness
const idsOf = async (db: Db) =>
  (await db.select({ id: athletes.id }).from(athletes).orderBy(asc(athletes.id))).map(({ id }) => id)
const sorted = (...ids: string[]) => ids.sort((a, b) => Number(a) - Number(b))
const disconnect = (id: string) => request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: id })

t.test(
  'restore: athletes who disconnected since the backup are erased again; others can sign in; old sessions have ended',
  async (t) => {
    const [leaves, stays, returned] = [newAthlete(harness), newAthlete(harness), newAthlete(harness)]
    // Disconnected and connected again before the backup.
    await signIn(harness, returned)
    await disconnect(returned)
    await clock.advance(60_000)
    await signIn(harness, returned)
    await signIn(harness, leaves)
    const { tab } = await signIn(harness, stays)
    t.ok(sessionOf(tab))
    await eventually(async () => (await harness.db.$count(athletes)) === 3)
    await clock.advance(60_000)

    const backup = await backUp(environment['DATABASE_URL'] ?? '')
    await clock.advance(3_600_000)
    await disconnect(leaves)
    const late = newAthlete(harness)
    await signIn(harness, late)
    await eventually(async () => strava.admin.tokens(leaves) === undefined)
    const jsm = await bus.nc.jetstreamManager()
    const event = async () =>
      jsm.streams.getMessage(STREAMS.events, { last_by_subj: eventSubject('athlete.disconnected', leaves) })
    await eventually(async () => (await event().catch(() => undefined)) !== undefined)

    const restored = await restore(t, backup)
    t.same(await idsOf(restored.db), sorted(leaves, returned, stays), 'as it was at the time of the backup')
    const auth = await harness.replica({ DATABASE_URL: restored.url })
    t.same(await idsOf(restored.db), sorted(returned, stays), 'before auth serves anything')
    t.match(await restored.db.select().from(restores), [{ accessEndedAt: Date, erasuresAppliedAt: Date }])
    t.match(
      harness.logs.lines().filter(({ msg }) => String(msg).startsWith('restored from a backup')),
      [{ disconnections: 2, erased: 1 }],
    )

    strava.admin.configure({ autoApprove: { athleteId: stays } })
    const again = browser()
    const login = await again.get(`${auth.urls.http}/auth/login`, { headers: JSON_ONLY, follow: false })
    const decided = await again.get(login.headers.get('location') ?? '', { follow: false })
    const { search } = new URL(decided.headers.get('location') ?? '')
    const answer = await again.get(`${auth.urls.http}/auth/callback${search}`, {
      headers: JSON_ONLY,
      follow: false,
    })
    t.equal(answer.status, 303)
    const claims = JSON.parse(Buffer.from(sessionOf(again)?.split('.')[1] ?? '', 'base64url').toString())
    const [{ at } = { at: new Date(0) }] = await restored.db
      .select({ at: restores.accessEndedAt })
      .from(restores)
    t.ok(
      claims.iat * 1_000 > (at?.getTime() ?? Number.POSITIVE_INFINITY),
      'a session of now is not among those that ended',
    )

    const second = await harness.replica({ DATABASE_URL: restored.url })
    t.equal(harness.logs.lines().filter(({ msg }) => String(msg).startsWith('restored')).length, 1, 'once')
    // Otherwise they would answer requests of the next test, from a deleted database.
    await Promise.all([auth.stop(), second.stop()])
  },
)

t.test('restore: if NATS is lost too, nobody is erased without proof', async (t) => {
  const backup = await backUp(environment['DATABASE_URL'] ?? '')
  const [gone] = await idsOf(harness.db)
  await disconnect(gone ?? '')
  const jsm = await bus.nc.jetstreamManager()
  await eventually(async () => {
    const { state } = await jsm.streams.info(STREAMS.events)
    return state.messages > 0
  })
  await jsm.streams.purge(STREAMS.events)
  const restored = await restore(t, backup)
  const auth = await harness.replica({ DATABASE_URL: restored.url })
  t.teardown(() => auth.stop())
  t.ok((await idsOf(restored.db)).includes(gone ?? ''))
  const [row] = await restored.db.execute<{ n: number }>('select count(*)::int as n from grant_verifications')
  t.equal(row?.n, (await idsOf(restored.db)).length, 'Strava is asked about every grant')
})
