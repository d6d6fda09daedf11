import { createLogger } from '@ikigai/chassis'
import { athletes, type Db, fetchQueue, openDatabase, wantedActivities } from '@ikigai/db'
import { type Ledger, openLedger } from '@ikigai/quota'
import { crowdedDatabase } from '@ikigai/testkit'
import { and, eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import type { CallStrava } from '../src/calls/strava-calls.ts'
import { applyAlone, applyTogether } from '../src/events/event-batch.ts'
import { type Attempt, permitOf } from '../src/schedule/attempt.ts'
import { claimNext } from '../src/schedule/claim.ts'
import { endAttempt, renewLeases } from '../src/schedule/end-attempt.ts'
import { pollLanes } from '../src/schedule/poll.ts'
import { fetchActivity } from '../src/wanted-activities/fetch-activity.ts'

const crowded = await crowdedDatabase(t)
const clock = { now: () => Date.now(), sleep: async () => {} }
const logger = createLogger({ service: 'plans', level: 'silent' })
/** The sixth time on, a prepared statement may have a plan for all values. */
const TURNS = 12
const NEW_ACTIVITY = 70_000_000

const documentOf = (id: string, athleteId: string, secondsAgo: number) => {
  const startDate = new Date(Date.now() - secondsAgo * 1_000)
  const raw = JSON.stringify({
    id: Number(id),
    athlete: { id: Number(athleteId) },
    start_date: startDate.toISOString(),
  })
  return { id, athleteId, startDate, raw, rawText: raw }
}

const open = (t: Test, url = crowded.url) => {
  const database = openDatabase({ url, name: 'plans', max: 1 })
  t.teardown(database.close)
  return database
}

const ledgerOn = (db: Db) =>
  openLedger(db, { read: { quarterHour: 100, day: 1_000 }, overall: { quarterHour: 100, day: 1_000 } })

/** Runs each step of the event of a new activity, from the event to the stored detail. */
async function processEvent(t: Test, db: Db, ledger: Ledger, athleteId: string): Promise<void> {
  const activityId = NEW_ACTIVITY + Number(athleteId)
  const event = (objectId: number) => ({
    trace: {},
    event: {
      objectType: 'activity',
      aspectType: 'create',
      objectId: String(objectId),
      ownerId: athleteId,
      subscriptionId: '1',
      eventTime: Math.floor(Date.now() / 1_000),
      updates: {},
      raw: '',
    },
  })
  t.same(await applyTogether({ db, clock, logger }, [event(activityId)]), [true])
  t.ok(await applyAlone({ db, clock, logger }, event(10_000_000 + activityId)))
  t.ok((await pollLanes(db, new Date())).includes('webhook'))
  const options = {
    leaseName: `webhook-${athleteId}`,
    leaseMs: 60_000,
    now: new Date(),
    favoursWatchers: Number(athleteId) % 2 === 0,
  }
  const { works } = await ledger.reserveFor(
    'webhook',
    { now: Date.now(), atMost: 1 },
    (executor, reservation, atMost) => claimNext(executor, 'webhook', { ...options, reservation, atMost }),
  )
  const [admitted] = works
  if (admitted?.lease === undefined) throw new Error('the call is admitted')
  const attempt: Attempt = { ...admitted.work, permit: permitOf(undefined) }
  await renewLeases(db, [attempt.leaseName], 60_000)
  const answers: CallStrava = async (_attempt, call) => {
    const value = documentOf(attempt.wanted?.activityId ?? '', athleteId, 60)
    const client = Object.assign(Object.create(null), {
      getActivity: async () => ({ ok: true, value, meta: {} }),
    })
    const result = await call(client, '')
    if (!result.ok) throw new Error('it answers')
    return { kind: 'answer', value: result.value, scopes: attempt.scopes, sentAt: Date.now() }
  }
  t.match(await fetchActivity({ db, clock, call: answers }, attempt), {
    ended: { isOwn: true, hasMore: true },
  })
  await ledger.settle(admitted.lease, { result: 'answered' }, Date.now())
  // The next claim is of the next athlete.
  await db.delete(wantedActivities)
  await db.delete(fetchQueue).where(and(eq(fetchQueue.lane, 'webhook'), eq(fetchQueue.athleteId, athleteId)))
}

t.test('plans: no step of an event reads a table of all athletes', async (t) => {
  const { db, close } = open(t)
  const ledger = ledgerOn(db)
  for (let turn = 1; turn <= TURNS; turn += 1) await processEvent(t, db, ledger, String(turn))
  await close()
  t.strictSame(await crowded.tablesReadWhole('plans'), [])
})

t.test('plans: those made while the database was empty serve when it has grown', async (t) => {
  const opened: (ReturnType<typeof open> & { readonly ledger: Ledger })[] = []
  const grown = await crowdedDatabase(t, async (url) => {
    const database = open(t, url)
    const { db } = database
    const ledger = ledgerOn(db)
    await db.insert(athletes).values({ id: '9001', scopes: ['activity:read_all'], connectedAt: new Date() })
    await processEvent(t, db, ledger, '9001')
    opened.push({ ...database, ledger })
  })
  t.equal(opened.length, 1)
  for (const { db, ledger, close } of opened) {
    for (let turn = 1; turn <= TURNS; turn += 1) await processEvent(t, db, ledger, String(turn))
    await close()
  }
  t.strictSame(await grown.tablesReadWhole('plans'), [])
})

t.test('plans: nor does a claim where every athlete queues', async (t) => {
  const { db, close } = open(t)
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const options = {
      leaseName: `enrich-${turn}`,
      leaseMs: 60_000,
      now: new Date(),
      favoursWatchers: turn % 2 === 0,
    }
    const { works, hasMore } = await claimNext(db, 'enrich', { ...options, atMost: 2 })
    t.equal(works.length, 2)
    t.ok(hasMore)
    for (const work of works)
      await endAttempt(db, { ...work, permit: permitOf(undefined) }, { kind: 'done' }, new Date())
  }
  await close()
  t.strictSame(await crowded.tablesReadWhole('plans'), [])
})
