import { inboxPrefixOf } from '@ikigai/bus'
import { API, type ApiReply, type StravaId } from '@ikigai/contracts'
import { activities, imports, outbox } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { eventually, type ServiceProcess, spawnService } from '@ikigai/testkit'
import { and, eq, inArray, ne } from 'drizzle-orm'
import { AckPolicy, connect, DeliverPolicy } from 'nats'
import t from 'tap'
import { shareClock } from './shared-clock.ts'
import { startStack } from './stack.ts'
import { startStravaProxy } from './strava-proxy.ts'

const LIMIT = 20
const QUARTER_MS = 900_000
const START = Date.parse('2030-03-05T10:05:00Z')
const EDGE = Date.parse('2030-03-05T10:15:00Z')
const NEXT_EDGE = EDGE + QUARTER_MS
/** Strava's own servers need not agree: nobody believes in an edge before this is over. */
const GUARD_MS = 2_000
/** So long before an edge nothing is kept for others any more. */
const TAIL_MS = 15_000
const PATIENT = { timeoutMs: 60_000, intervalMs: 50 }

const clock = shareClock(t, START)
const stack = await startStack(t, {
  clock,
  fetchers: 0,
  limits: { read: { fifteenMinutes: LIMIT, day: 1_000 }, overall: { fifteenMinutes: 100, day: 2_000 } },
  env: { SIGNUP_WAIT: '50ms', JOB_LEASE: '3s' },
})
const { strava, db } = stack
const way = await startStravaProxy(t, strava.apiUrl)
// The gateway answers into the inboxes of ikigai's own users alone.
const nc = await connect({ servers: stack.natsUrl, inboxPrefix: inboxPrefixOf('operator') })
t.teardown(() => nc.close())

const replicas = new Map<string, ServiceProcess>()

async function startReplica(name: string): Promise<void> {
  const { PORT: _port, ADMIN_PORT: _adminPort, ...env } = stack.envOf('fetcher')
  const process = await spawnService(t, 'tools/system-tests/test/programs/fetcher.ts', {
    ...env,
    STRAVA_API_URL: way.urlOf(name),
    CLOCK_FILE: clock.file,
  })
  replicas.set(name, process)
}

/** Kills the replica whose call is held, as soon as one is. */
async function killCaller(held: { readonly by: string | undefined }): Promise<void> {
  const name = await eventually(() => held.by, PATIENT)
  await replicas.get(name)?.kill('SIGKILL')
}

async function signUp(activities: number): Promise<StravaId> {
  const { id } = strava.admin.createAthlete({ activities })
  await stack.signIn(id)
  return id
}

/** The calls that Strava had from one time to another, counted against the limit, and has answered. */
const readsOf = (from: number, to: number) =>
  strava.admin
    .calls()
    .filter(
      ({ kind, at, status }) => /^(list|detail)$/.test(kind) && at >= from && at < to && status !== null,
    )

async function quota() {
  const answer = await nc.request(API.quotaGet.subject, '{}', { timeout: 20_000 })
  return answer.json<ApiReply<'quotaGet'>>().quota
}

async function waits(athleteId: StravaId): Promise<boolean> {
  const answer = await nc.request(API.importGet.subject, JSON.stringify({ athlete_id: athleteId }), {
    timeout: 20_000,
  })
  const { state, waiting } = answer.json<ApiReply<'importGet'>>().import
  return state === 'running' && typeof waiting?.until === 'string'
}

/** Whether every history that is not whole yet waits, and says until when. */
async function allWait(): Promise<boolean> {
  const { athleteId, state } = imports
  const open = await db.select({ athleteId }).from(imports).where(ne(state, 'complete'))
  const answers = await Promise.all(open.map((each) => waits(each.athleteId)))
  return answers.every(Boolean)
}

async function allComplete(athletes: readonly StravaId[]): Promise<boolean> {
  const { athleteId, state } = imports
  const those = and(eq(state, 'complete'), inArray(athleteId, [...athletes]))
  return (await db.$count(imports, those)) === athletes.length
}

/**
 * Whether every call is settled. One that Strava has answered is under way until the replica has settled it, and the
 * ledger rightly counts a call that is under way at the edge on both sides: Strava may have counted it on either. If the
 * clock moved before that, the next window would have room for so many calls fewer.
 */
async function allSettled(): Promise<boolean> {
  return (await readLedger(db))?.leases.length === 0
}

/** Whether the first page of an athlete's history is there: an import's one call of the lane for sign-ups. */
async function hasBegun(athleteId: StravaId): Promise<boolean> {
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, athleteId))
  return row !== undefined && row.pages > 0
}

/**
 * Athletes without a history sign up until one is refused. The call that confirms the end of an empty history is one of the
 * backfill's lane, which may have to leave what is left to the others.
 * @returns the import of the one that is refused
 */
async function fillWindow(): Promise<typeof imports.$inferSelect> {
  for (let i = 0; i <= LIMIT; i++) {
    const id = await signUp(0)
    const row = await eventually(async () => {
      const [found] = await db.select().from(imports).where(eq(imports.athleteId, id))
      const hasMet = found !== undefined && (found.pages > 0 || found.waitReason !== null)
      return hasMet ? found : undefined
    }, PATIENT)
    if (row.pages === 0) return row
  }
  throw new Error('the window is never spent')
}

let refused: typeof imports.$inferSelect

t.test('two of three fetchers die with a call: what it took counts until the edge', async (t) => {
  await Promise.all(['a', 'b', 'c'].map(startReplica))
  // Both at once: the second to take the job must have no call but the one that is held when it dies.
  const unsent = way.holdNext('request')
  const unheard = way.holdNext('answer')
  await signUp(900)
  await killCaller(unsent)
  await killCaller(unheard)
  // Long enough for the leases of the dead to end.
  clock.advanceTo(START + 120_000)
  const successors = Promise.all(['d', 'e'].map(startReplica))
  await signUp(900)
  await signUp(900)
  await successors
  await eventually(allWait, PATIENT)

  refused = await fillWindow()
  t.equal(refused.waitReason, 'quota_15min')
  // Half a minute more is allowed for by one who has not met Strava's clock yet.
  const late = Number(refused.waitUntil) - EDGE
  t.ok(late >= GUARD_MS && late <= GUARD_MS + 32_000, `to wait until the edge and ${late} ms`)
  await eventually(() => readsOf(START, EDGE).length === LIMIT - 1, PATIENT)
  const { windows, lanes } = await eventually(async () => {
    const status = await quota()
    return status.lanes.every(({ waiting }) => waiting?.reason === 'quota_15min') ? status : undefined
  }, PATIENT)
  t.match(windows[0], { window: '15min', counter: 'read', used: LIMIT }, 'one more than Strava has had')
  const until = new Date(EDGE + GUARD_MS).toISOString()
  for (const { lane, waiting } of lanes) t.equal(waiting?.until, until, `${lane} waits until the edge`)
  await eventually(allSettled, PATIENT)
})

t.test('replicas: at the edge all of it is there again, and not before', async (t) => {
  clock.advanceTo(EDGE)
  await eventually(() => hasBegun(refused.athleteId), PATIENT)
  const late = Number(readsOf(EDGE, NEXT_EDGE)[0]?.at) - EDGE
  t.ok(late >= GUARD_MS, `the first call comes ${late} ms after it`)
  await eventually(allWait, PATIENT)
  refused = await fillWindow()
  await eventually(() => readsOf(EDGE, NEXT_EDGE).length === LIMIT, PATIENT)
})

t.test('replicas: one more dies; the others bring every history whole', async (t) => {
  const unheard = way.holdNext('answer')
  clock.advanceTo(NEXT_EDGE + GUARD_MS)
  await killCaller(unheard)
  const athletes = strava.admin.athletes().map(({ id }) => id)
  await eventually(async () => {
    if (await allComplete(athletes)) return true
    if (await allWait()) clock.advanceTo(clock.now() - (clock.now() % QUARTER_MS) + QUARTER_MS - TAIL_MS)
    return false
  }, PATIENT)
  for (const athleteId of athletes) {
    const rows = await db.select().from(activities).where(eq(activities.athleteId, athleteId))
    const all = strava.admin.activities(athleteId)
    t.strictSame(rows.map(({ id }) => id).sort(), all.map(({ id }) => id).sort())
  }
  await eventually(async () => (await db.$count(outbox)) === 0, PATIENT)
  const told = await toldIds()
  t.equal(told.length, await db.$count(activities))
  t.equal(new Set(told).size, told.length, 'other teams were told of each activity once')
})

t.test('replicas: Strava never had a call over the limit', async (t) => {
  const { maxima, rateLimited, windows } = strava.admin.counters()
  t.equal(rateLimited, 0, 'no 429')
  t.equal(maxima.read.fifteenMinutes, LIMIT)
  t.strictSame(
    windows.slice(0, 2).map(({ read }) => read),
    [LIMIT - 1, LIMIT],
  )
})

/** The activities that other teams were told of as new. */
async function toldIds(): Promise<string[]> {
  const { num_pending: pending, name } = await (await nc.jetstreamManager()).consumers.add('EVENTS', {
    filter_subject: 'ikigai.v1.event.activity.created.>',
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.None,
  })
  const consumer = await nc.jetstream().consumers.get('EVENTS', name)
  const ids: string[] = []
  for await (const message of await consumer.fetch({ max_messages: pending }))
    ids.push(message.json<{ activity: { id: string } }>().activity.id)
  return ids
}
