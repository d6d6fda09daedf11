import { connectBus, deadSubject, publish, STREAMS } from '@ikigai/bus'
import { eventSubject, SUBJECT_ROOT } from '@ikigai/contracts'
import { imports, pendingErasures } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { type SignedIn, startStack } from './stack.ts'

const stack = await startStack(t)
const { admin } = stack.strava
const bus = await connectBus({ servers: [stack.natsUrl], name: 'test', logger: stack.logger })
t.teardown(() => bus.close())

/** Tables that name an athlete without a foreign key to `athletes`, and how the athlete leaves them. */
const SPACING: Readonly<Record<string, string>> = {
  outbox: 'deleted in the transaction of the erasure, but for the event that tells of it',
  allowed_athletes: 'the operator’s list, from which the transaction of the erasure takes the athlete',
  session_revocations: 'ends the athlete’s sessions, and goes when the last of them would have expired',
}

t.test('erasure: every table that names an athlete has a foreign key that cascades', async (t) => {
  const columns = await stack.db.execute<{ table: string; column: string; cascades: boolean }>(sql`
    select c.table_name as table, c.column_name as column, exists (
      select 1 from pg_constraint k
      where k.contype = 'f' and k.confdeltype = 'c' and k.confrelid = 'public.athletes'::regclass
        and k.conrelid = format('%I.%I', c.table_schema, c.table_name)::regclass
        and (select attname from pg_attribute where attrelid = k.conrelid and attnum = k.conkey[1]) = c.column_name
    ) as cascades
    from information_schema.columns c join information_schema.tables using (table_schema, table_name)
    where c.table_schema = 'public' and table_type = 'BASE TABLE' and c.column_name ~ '(athlete|owner)' `)
  t.ok(columns.length > 8)
  for (const { table, column, cascades } of columns)
    t.ok(cascades || table in SPACING, `${table}.${column}: on delete cascade, or a reason in APART`)
})

t.test('erasure: a disconnect leaves nothing of the athlete, and everything of the others', async (t) => {
  const [leaving, staying] = [await settled(), await settled()]
  const traces = await tracesOf(leaving.id)
  for (const store of [
    'athletes',
    'grants',
    'activities',
    'activity_tombstones',
    'imports',
    'processed_events',
  ])
    t.ok(traces.tables.has(store), `${store} held something`)
  // A request in FETCH is accepted at once: what it asked for is in the tables.
  for (const stream of [STREAMS.events, STREAMS.stravaEvents, STREAMS.dead])
    t.ok(traces.streams.has(stream), `${stream} held something`)
  const before = await tracesOf(staying.id)
  stack.logs.clear()

  const answer = await leaving.visitor.browser.request(`${stack.publicUrl}/v1/me`, { method: 'DELETE' })
  t.equal(answer.status, 204)
  await eventually(async () => (await leaving.visitor.get('/v1/me')).status === 401)
  await nothingLeft(t, leaving)
  t.equal(admin.tokens(leaving.id), undefined, 'Strava has forgotten the grant')
  t.equal((await staying.visitor.get('/v1/me')).status, 200)
  t.same(lasting((await tracesOf(staying.id)).tables), lasting(before.tables))

  const audit = stack.logs.lines().filter(({ msg }) => msg === 'athlete erased')
  t.match(audit, [{ erasure: /^[0-9a-f-]{36}$/, reason: 'requested by the athlete' }])
  t.same(
    Object.keys(audit[0] ?? {}).filter(
      (name) => !['level', 'time', 'service', 'msg', 'trace_id', 'span_id'].includes(name),
    ),
    ['erasure', 'reason'],
  )
  t.equal(audit.length, 1)
})

t.test('erasure: a withdrawal at Strava leaves nothing either; coming back is a clean start', async (t) => {
  const athlete = await settled()
  const old = Math.floor(Date.now() / 1_000) - 300
  const [kept] = admin.activities(athlete.id)
  if (kept === undefined) return void t.fail('no activity')
  admin.deauthorizeAthlete(athlete.id)
  await eventually(async () => (await athlete.visitor.get('/v1/me')).status === 401)
  await nothingLeft(t, athlete)

  const again = await stack.signIn(athlete.id)
  t.equal((await athlete.visitor.get('/v1/me')).status, 401, 'the session of before stays ended')
  await eventually(async () => (await again.get('/v1/import')).body['state'] === 'complete')
  t.match(await stack.db.select().from(imports).where(eq(imports.athleteId, athlete.id)), [{ generation: 1 }])
  await admin.idle()
  const refreshes = admin.counters().calls.refresh
  const about = { objectId: athlete.id, ownerId: athlete.id, eventTime: old }
  admin.sendEvent({ ...about, objectType: 'athlete', aspectType: 'update', updates: { authorized: 'false' } })
  const title = { aspectType: 'update', updates: { title: 'Of an earlier connection' } } as const
  admin.sendEvent({ ...about, ...title, objectType: 'activity', objectId: kept.id })
  admin.sendEvent({ ...about, objectType: 'activity', objectId: kept.id, aspectType: 'delete' })
  await admin.idle()
  await dealtWith()
  t.equal(admin.counters().calls.refresh, refreshes, 'a late event does not even make us ask')
  const { status, body } = await again.get(`/v1/activities/${kept.id}`)
  t.equal(status, 200)
  t.not(body['name'], 'Of an earlier connection')
})

/** The tables that keep what they hold; work that was under way may have come to its end meanwhile. */
const lasting = (tables: ReadonlySet<string>) =>
  [...tables].filter((name) => !['fetch_queue', 'wanted_activities', 'outbox'].includes(name))

/** An athlete of whom every store holds something. */
async function settled(): Promise<{ id: string; activityId: string; visitor: SignedIn }> {
  const { id } = admin.createAthlete({ activities: 8 })
  const visitor = await stack.signIn(id)
  await eventually(async () => (await visitor.get('/v1/import')).body['state'] === 'complete')
  await eventually(() => admin.subscription() !== null)
  const [gone, kept] = admin.activities(id)
  if (gone === undefined || kept === undefined) throw new Error('no activity')
  admin.deleteActivity(gone.id)
  await eventually(async () => (await visitor.get(`/v1/activities/${gone.id}`)).status === 404)
  // What failed before; a request that nobody knows; an activity that is under way while the athlete leaves.
  const message = { body: JSON.stringify({ athlete_id: id, activity_id: kept.id }) }
  for (const source of ['fetch', 'strava'] as const)
    await publish(bus, { ...message, subject: deadSubject(source, id), messageId: `dead:${source}:${id}` })
  await publish(bus, { ...message, subject: `${SUBJECT_ROOT}.fetch.spare.${id}`, messageId: `request:${id}` })
  admin.addFault({ kind: 'slow', latencyMs: 3_000, route: 'detail', athleteId: id, count: 1 })
  const fetching = admin.createActivity(id, {})
  await eventually(async () => (await tracesOf(id)).tables.has('wanted_activities'))
  return { id, activityId: fetching.id, visitor }
}

/** Where an athlete's id stands: tables and streams. */
async function tracesOf(id: string): Promise<{ tables: Set<string>; streams: Map<string, Set<string>> }> {
  const names = await stack.db.execute<{ name: string }>(
    sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  const tables = new Set<string>()
  const pattern = `(^|[^0-9])${id}([^0-9]|$)`
  for (const { name } of names) {
    const found = await stack.db.execute(
      sql`select 1 from ${sql.identifier(name)} r where r::text ~ ${pattern} limit 1`,
    )
    if (found.length > 0) tables.add(name)
  }
  return { tables, streams: await subjectsNaming(new RegExp(pattern)) }
}

/** The subjects whose messages name something, in every stream that the server has. */
async function subjectsNaming(pattern: RegExp): Promise<Map<string, Set<string>>> {
  const jsm = await bus.nc.jetstreamManager()
  const streams = new Map<string, Set<string>>()
  for await (const { config, state } of jsm.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await jsm.streams.getMessage(config.name, { seq }).catch(() => undefined)
      if (message === undefined) continue
      const headers = [...message.header].flatMap(([name, values]) => [name, ...values])
      const text = [message.subject, ...headers, Buffer.from(message.data).toString()].join('\n')
      if (!pattern.test(text)) continue
      streams.set(config.name, (streams.get(config.name) ?? new Set()).add(message.subject))
    }
  }
  return streams
}

async function nothingLeft(t: Test, { id, activityId }: { id: string; activityId: string }): Promise<void> {
  await eventually(async () => (await stack.db.$count(pendingErasures)) === 0)
  await dealtWith()
  await eventually(
    async () => {
      const { tables, streams } = await tracesOf(id)
      const subjects = [...streams.values()].flatMap((each) => [...each])
      if (tables.size === 1 && subjects.length === 1) return true
      throw new Error(`There are ${[...tables, ...subjects].join(', ')}`)
    },
    { what: 'all traces but two are gone' },
  )
  const { tables, streams } = await tracesOf(id)
  t.same([...tables], ['session_revocations'])
  t.same([...streams], [[STREAMS.events, new Set([eventSubject('athlete.disconnected', id)])]])
  const ofActivity = await tracesOf(activityId)
  t.same([...ofActivity.tables, ...ofActivity.streams], [], 'nor of the activities')
}

/** Resolves when the events that came so far have been read, and the outbox is empty. */
async function dealtWith(): Promise<void> {
  const jsm = await bus.nc.jetstreamManager()
  await eventually(async () => {
    const { num_pending: waiting, num_ack_pending: begun } = await jsm.consumers.info(
      STREAMS.stravaEvents,
      'fetcher',
    )
    const [row] = await stack.db.execute<{ n: number }>(sql`select count(*)::int as n from outbox`)
    return waiting === 0 && begun === 0 && row?.n === 0
  })
}
