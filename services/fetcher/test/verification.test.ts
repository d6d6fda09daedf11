import { createHash } from 'node:crypto'
import { type InternalReply, publish, STRAVA_EVENTS_CONSUMER, STREAMS, stravaEventSubject } from '@ikigai/bus'
import { activities, grantVerifications, imports, resyncs } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { eventually } from '@ikigai/testkit'
import { eq, sql } from 'drizzle-orm'
import t from 'tap'
import { pauseAfter } from '../src/calls/access-tokens.ts'
import { startHarness } from './harness.ts'

const HOUR_MS = 3_600_000
/** More by hand: `IKIGAI_FORGED_REPORTS=2000 npm test -- services/fetcher/test/verification.test.ts` */
const REPORTS = Number(process.env['IKIGAI_FORGED_REPORTS'] ?? 60)
const harness = await startHarness(t)
const { strava, db, clock, bus, passing, verifications } = harness
const { admin } = strava

t.beforeEach(() => {
  admin.clearFaults()
  verifications.begin = () => Promise.resolve({ state: 'active' })
})

let serial = 0
async function send(event: Record<string, unknown> & { owner_id: string; object_type: string }) {
  serial += 1
  const subject = stravaEventSubject(event.object_type, 'update', event.owner_id)
  const body = JSON.stringify({
    aspect_type: 'update',
    event_time: Math.floor(clock.now() / 1_000),
    subscription_id: 1,
    ...event,
    owner_id: Number(event.owner_id),
  })
  await publish(bus, { subject, body, messageId: `event:${serial}` })
}
const report = (athleteId: string) =>
  send({
    object_type: 'athlete',
    object_id: Number(athleteId),
    owner_id: athleteId,
    updates: { authorized: 'false' },
  })
const consumed = async () => {
  const jsm = await bus.nc.jetstreamManager()
  const info = await jsm.consumers.info(STREAMS.stravaEvents, STRAVA_EVENTS_CONSUMER)
  return info.num_pending === 0 && info.num_ack_pending === 0
}
const begunFor = (athleteId: string) => verifications.begun.filter((id) => id === athleteId).length
const rowOf = async (athleteId: string) =>
  (await db.select().from(grantVerifications).where(eq(grantVerifications.athleteId, athleteId)))[0]
/** Whether the athlete's verification has ended and needs no retry. */
const isSettled = async (athleteId: string) => {
  const row = await rowOf(athleteId)
  return row === undefined || row.leasedUntil === null
}

t.test('verification: many reports about an athlete cause one, and events do not wait for it', async (t) => {
  const reported = await harness.athlete({ imported: true })
  const other = await harness.athlete({ activities: 1, imported: true })
  await harness.queue({ lane: 'backfill', athleteId: other })
  const [activity] = admin.activities(other)
  if (activity === undefined) return void t.fail('no activity')
  const { id } = activity
  await harness.queue({ lane: 'webhook', athleteId: other, activityId: id })
  await passing(async () => (await db.$count(activities, eq(activities.id, id))) === 1)

  let answer: (reply: InternalReply<'grantVerify'>) => void = () => {}
  const answered = new Promise<InternalReply<'grantVerify'>>((resolve) => {
    answer = resolve
  })
  verifications.begin = (id) => (id === reported ? answered : Promise.resolve({ state: 'active' }))
  await Promise.all(Array.from({ length: REPORTS }, () => report(reported)))
  // At Strava too: the call that the event causes would bring back the former name before the test sees the new one.
  admin.updateActivity(id, { name: 'Now' })
  const sentAt = performance.now()
  await send({ object_type: 'activity', object_id: Number(id), owner_id: other, updates: { title: 'Now' } })
  await eventually(async () => (await db.$count(activities, eq(activities.name, 'Now'))) === 1, {
    what: 'the other athlete’s rename is applied while the verification hangs',
    timeoutMs: 18_000,
  })
  t.comment(`applied ${Math.round(performance.now() - sentAt)} ms after ${REPORTS} reports`)
  await eventually(consumed)
  t.equal(begunFor(reported), 1)
  await report(other)
  await eventually(() => begunFor(other) === 1, { what: 'nor does another verification' })
  answer({ state: 'active' })
  await eventually(() => isSettled(reported))
  t.equal(begunFor(reported), 1, 'one for all of them')
  for (let n = 0; n < 10; n += 1) await report(reported)
  await eventually(consumed)
  await clock.jump(HOUR_MS / 2)
  t.equal(begunFor(reported), 1, 'and one an hour')
  await passing(() => begunFor(reported) === 2, 300_000)
  await eventually(() => isSettled(reported))
  await clock.jump(HOUR_MS)
  await passing(async () => (await rowOf(reported)) === undefined, 5_000)
  t.equal(begunFor(reported), 2)
})

t.test('verification: a valid grant brings the next resync forward', async (t) => {
  const id = await harness.athlete({ imported: true })
  // The fetcher adds the row: one that the test inserts itself may be overwritten by that.
  await passing(async () => (await db.$count(resyncs, eq(resyncs.athleteId, id))) === 1)
  const dueAt = new Date(clock.now() + 40 * HOUR_MS)
  const startedAt = new Date(clock.now() - 2 * HOUR_MS)
  await db.update(resyncs).set({ startedAt, dueAt }).where(eq(resyncs.athleteId, id))
  await report(id)
  await eventually(() => begunFor(id) === 1)
  await eventually(async () => {
    const [row] = await db.select().from(resyncs).where(eq(resyncs.athleteId, id))
    return row !== undefined && row.dueAt.getTime() <= clock.now()
  })
  t.equal(begunFor(id), 1, 'once')
})

t.test('verification: a refused grant is probed with its access token, within the quota', async (t) => {
  const ended = await harness.athlete()
  const lives = await harness.athlete()
  const token = admin.tokens(ended)?.accessToken ?? ''
  const good = admin.tokens(lives)?.accessToken ?? ''
  admin.deauthorizeAthlete(ended)
  verifications.begin = async (id) => ({ state: 'provable', access_token: id === ended ? token : good })
  // Resyncs of other athletes may begin at any time, and are counted as well.
  const all = () => admin.calls().filter(({ kind }) => /^(list|detail|athlete)$/.test(kind)).length
  const uncounted = async () => {
    const ledger = await readLedger(db)
    return ledger?.leases.length === 0 ? all() - ledger.read.used.day : undefined
  }
  const settled = () => eventually(async () => String((await uncounted()) ?? ''))
  const before = { calls: admin.counters().calls.athlete, uncounted: await settled() }
  await report(ended)
  await eventually(() => verifications.proofs.length === 1)
  t.match(verifications.proofs[0], {
    athlete_id: ended,
    token_sha256: createHash('sha256').update(token).digest('hex'),
    answer: 'rejected',
    answered_at: Math.floor(clock.now() / 1_000) * 1_000,
  })
  t.equal(admin.counters().calls.athlete - before.calls, 2, 'a rejection is confirmed by a second call')
  t.equal(await settled(), before.uncounted, 'and counted')
  await report(lives)
  await eventually(() => verifications.proofs.length === 2)
  t.match(verifications.proofs[1], { athlete_id: lives, answer: 'accepted' })
  t.equal(admin.counters().calls.athlete - before.calls, 3)
})

t.test('verification: a single 401 to a valid token is no rejection', async (t) => {
  const id = await harness.athlete()
  const access_token = admin.tokens(id)?.accessToken ?? ''
  verifications.begin = async () => ({ state: 'provable', access_token })
  admin.addFault({ kind: 'error', status: 401, route: 'athlete', count: 1 })
  const before = verifications.proofs.length
  await report(id)
  await eventually(() => verifications.proofs.length > before)
  t.match(verifications.proofs.at(-1), { athlete_id: id, answer: 'accepted' })
})

t.test('verification: retried while Strava, auth or a replica is down', async (t) => {
  const id = await harness.athlete()
  const access_token = admin.tokens(id)?.accessToken ?? ''
  verifications.begin = async () => ({ state: 'unavailable' })
  await report(id)
  await eventually(async () => ((await rowOf(id))?.attempts ?? 0) === 1)
  t.match(await rowOf(id), { requestedAt: Date, leasedUntil: null })
  verifications.begin = async () => ({ state: 'provable', access_token })
  admin.addFault({ kind: 'error', status: 500, route: 'athlete', count: 1 })
  const before = verifications.proofs.length
  await passing(() => verifications.proofs.length > before)
  t.match(verifications.proofs.at(-1), { athlete_id: id, answer: 'accepted' })
  await eventually(async () => (await rowOf(id))?.attempts === 0)

  const begun = begunFor(id)
  await db
    .update(grantVerifications)
    .set({ leasedUntil: sql`now() - interval '1 second'` })
    .where(eq(grantVerifications.athleteId, id))
  await passing(() => begunFor(id) > begun)
  t.pass('a verification whose replica died is started again')
})

t.test(
  'token: one that Strava rejects and refreshes unchanged is used again after a growing pause',
  async (t) => {
    t.same([1, 2, 3, 4, 20].map(pauseAfter), [1_000, 2_000, 4_000, 8_000, 60_000])
    const id = await harness.athlete({ activities: 3 })
    const other = await harness.athlete({ activities: 3 })
    harness.grants.set(id, 'same')
    const importOf = async (athleteId: string) =>
      (await db.select().from(imports).where(eq(imports.athleteId, athleteId)))[0]
    admin.addFault({ kind: 'error', status: 401, route: 'list', athleteId: id, count: 4 })
    const calls = () =>
      admin.calls().filter(({ kind, athleteId }) => kind === 'list' && athleteId === id).length
    await harness.queue({ lane: 'signup', athleteId: id })
    // In steps that are shorter than the pause.
    await passing(async () => (await importOf(id))?.waitReason === 'token_rejected', 100)
    t.equal(calls(), 1, 'not at once again')
    await harness.queue({ lane: 'signup', athleteId: other })
    await passing(async () => (await importOf(other))?.state === 'complete')
    await passing(async () => (await importOf(id))?.state === 'complete')
    t.equal(calls(), 6, 'four are rejected, one returns the history, one confirms its end')
    t.match(await importOf(id), { waitReason: null })
  },
)
