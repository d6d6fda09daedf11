import { LANES, type Lane } from '@ikigai/contracts'
import { athletePresence, athletes, fetchQueue, openDatabase, wantedActivities } from '@ikigai/db'
import { FairQueue } from '@ikigai/quota'
import { testDatabase } from '@ikigai/testkit'
import { and, eq, sql } from 'drizzle-orm'
import fc from 'fast-check'
import t from 'tap'
import { type Attempt, permitOf } from '../src/schedule/attempt.ts'
import { type Claimed, claimNext } from '../src/schedule/claim.ts'
import { type Ending, endAttempt } from '../src/schedule/end-attempt.ts'
import { pollLanes } from '../src/schedule/poll.ts'
import { schedule, type Work } from '../src/schedule/schedule.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test', max: 10 })
t.teardown(close)

const NOW = new Date('2030-03-05T10:00:00Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)
const ATHLETES = ['1', '2', '3', '4', '5']
await db.insert(athletes).values(ATHLETES.map((id) => ({ id, scopes: ['read'], connectedAt: NOW })))

const clear = () => db.execute(sql`truncate fetch_queue, wanted_activities, athlete_presence`)
t.beforeEach(clear)

let claims = 0
const claimSome = async (
  lane: Lane,
  { now = NOW, leaseMs = 60_000, favoursWatchers = false, atMost = 1 } = {},
): Promise<Omit<Claimed, 'works'> & { readonly attempts: readonly Attempt[] }> => {
  claims += 1
  const options = { leaseName: `lease-${claims}`, leaseMs, now, favoursWatchers, atMost }
  const { works, ...claimed } = await claimNext(db, lane, options)
  return { ...claimed, attempts: works.map((work) => ({ ...work, permit: permitOf(undefined) })) }
}
const claimAs = async (lane: Lane, options: Parameters<typeof claimSome>[1] = {}) => {
  const { attempts, ...claimed } = await claimSome(lane, options)
  return attempts[0] && { ...claimed, attempt: attempts[0] }
}
const claim = async (lane: Lane, now = NOW) => (await claimAs(lane, { now }))?.attempt
async function mustClaim(lane: Lane): Promise<Attempt> {
  const attempt = await claim(lane)
  if (attempt === undefined) throw new Error(`nothing to claim in ${lane}`)
  return attempt
}
const queue = (...work: Work[]) => db.transaction((tx) => schedule(tx, work, NOW))
const want = (athleteId: string, activityId: string): Work => ({ lane: 'webhook', athleteId, activityId })
const end = (attempt: Attempt, ending: Ending = { kind: 'done' }) => endAttempt(db, attempt, ending, NOW)
const present = (athleteId: string, until = later(1)) =>
  db.insert(athletePresence).values({ athleteId, until }).onConflictDoNothing()
const shown = (attempt: Attempt | undefined) =>
  attempt && `${attempt.athleteId}/${attempt.wanted?.activityId ?? ''}`

const workOf = (lane: Lane, athleteId: string, activityId: string): Work =>
  lane === 'newest' || lane === 'webhook' ? { lane, athleteId, activityId } : { lane, athleteId }

const one = fc.constantFrom(...ATHLETES)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ want: one, activity: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ claim: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ finish: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ release: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ present: one }) },
  { weight: 1, arbitrary: fc.record({ absent: one }) },
)

t.test('queue: PostgreSQL serves in the order of FairQueue', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      await clear()
      const watching = new Set<string>()
      const model = new FairQueue<string>((athlete) => watching.has(athlete))
      const wanted = new Map(ATHLETES.map((athlete) => [athlete, new Set<string>()]))
      const taken: { attempt: Attempt; asked: Set<string> }[] = []
      let hasFavoured = false
      const some = (n: number) => taken.splice(taken.length === 0 ? 0 : n % taken.length, 1)[0]
      for (const each of steps) {
        if ('want' in each) {
          const { want: athlete, activity } = each
          wanted.get(athlete)?.add(String(activity))
          for (const { attempt, asked } of taken)
            if (attempt.athleteId === athlete) asked.add(String(activity))
          model.add(athlete)
          await queue(want(athlete, String(activity)))
        } else if ('present' in each) {
          watching.add(each.present)
          model.watch(each.present)
          await present(each.present)
        } else if ('absent' in each) {
          watching.delete(each.absent)
          await db.delete(athletePresence).where(eq(athletePresence.athleteId, each.absent))
        } else if ('finish' in each) {
          const done = some(each.finish)
          if (done === undefined) continue
          const { athleteId, wanted: item } = done.attempt
          if (item !== undefined && !done.asked.has(item.activityId))
            wanted.get(athleteId)?.delete(item.activityId)
          const hasMore = (wanted.get(athleteId)?.size ?? 0) > 0
          model.finish(athleteId, hasMore)
          if ((await end(done.attempt)).hasMore !== hasMore) return false
        } else if ('release' in each) {
          const back = some(each.release)
          if (back === undefined) continue
          model.release(back.attempt.athleteId)
          await end(back.attempt, { kind: 'release' })
        } else {
          const found = await claimSome('webhook', { favoursWatchers: !hasFavoured, atMost: each.claim })
          const expected = found.attempts.map(() => model.take())
          const served = found.attempts.map(({ athleteId }) => athleteId)
          if (served.sort().join() !== expected.sort().join()) return false
          if (found.attempts.length === 0) {
            if (model.hasNext()) return false
            continue
          }
          hasFavoured = found.wasFavoured
          if (found.hasMore !== model.hasNext()) return false
          for (const attempt of found.attempts) taken.push({ attempt, asked: new Set() })
        }
      }
      return true
    }),
    { numRuns: 60 },
  )
  t.pass()
})

t.test('queue: a burst of one athlete delays no other, in each lane', async (t) => {
  for (const lane of LANES) {
    await queue(...Array.from({ length: 500 }, (_, i) => workOf(lane, '1', String(i + 1))))
    await queue(workOf(lane, '2', '1000'))
    await queue(workOf(lane, '3', '1001'))
    const order = await Promise.all([1, 2, 3].map(async () => (await mustClaim(lane)).athleteId))
    t.same(order.sort(), ['1', '2', '3'], `${lane}: one each`)
  }
})

t.test('queue: an athlete’s next call follows one of every other athlete', async (t) => {
  await queue({ lane: 'backfill', athleteId: '1' }, { lane: 'backfill', athleteId: '2' })
  const order: string[] = []
  for (let page = 0; page < 9; page += 1) {
    const attempt = await mustClaim('backfill')
    order.push(attempt.athleteId)
    // The page is stored, and the next one scheduled, in the commit that ends the attempt.
    await db.transaction(async (tx) => {
      await schedule(tx, [{ lane: 'backfill', athleteId: attempt.athleteId }], NOW)
      t.match(await endAttempt(tx, attempt, { kind: 'done' }, NOW), { isOwn: true, hasMore: true })
    })
    if (page === 4) await queue({ lane: 'backfill', athleteId: '3' })
  }
  t.same(
    order,
    ['1', '2', '1', '2', '1', '2', '1', '3', '2'],
    'a new athlete waits for one call of each other',
  )
})

t.test('queue: a watcher comes first until they leave', async (t) => {
  for (const athlete of ['1', '2', '3']) await queue({ lane: 'resync', athleteId: athlete })
  await present('3')
  t.match(await claimAs('resync', { favoursWatchers: true }), {
    attempt: { athleteId: '3' },
    wasFavoured: true,
    hasMore: true,
  })
  t.match(await claimAs('resync', { favoursWatchers: true }), {
    attempt: { athleteId: '1' },
    wasFavoured: false,
  })
  await present('2', NOW)
  await queue({ lane: 'enrich', athleteId: '1' }, { lane: 'enrich', athleteId: '2' })
  t.match(await claimAs('enrich', { favoursWatchers: true }), { attempt: { athleteId: '1' } })
})

t.test(
  'queue: repeated requests of an activity are one call, and one during the call causes another',
  async (t) => {
    for (let time = 0; time < 5; time += 1) await queue(want('1', '7'))
    const attempt = await mustClaim('webhook')
    t.equal(await claim('webhook'), undefined, 'one call')
    await queue(want('1', '7'))
    t.match(await end(attempt), { isOwn: true, hasMore: true }, 'requested again during the call')
    const again = await mustClaim('webhook')
    t.match(await end(again), { isOwn: true, hasMore: false })
    t.equal(await claim('webhook'), undefined)
    t.equal((await db.$count(fetchQueue)) + (await db.$count(wantedActivities)), 0, 'nothing is left')
  },
)

t.test('queue: a request committed while the attempt ends is not lost', async (t) => {
  await queue(want('1', '7'))
  const attempt = await mustClaim('webhook')
  const [ended] = await db.transaction(async (tx) => {
    await schedule(tx, [want('1', '8')], NOW)
    // Waits for this transaction, and cannot see what it has written.
    const ending = end(attempt)
    await db.execute(sql`select pg_sleep(0.05)`)
    return [ending] as const
  })
  t.match(await ended, { isOwn: true, hasMore: true })
  t.equal(shown(await claim('webhook')), '1/8')
})

t.test('queue: an athlete has one claimant until the lease expires', async (t) => {
  await queue(...ATHLETES.map((athlete) => want(athlete, athlete)))
  const taken = await Promise.all(Array.from({ length: 9 }, () => claim('webhook')))
  t.equal(new Set(taken.flatMap((attempt) => attempt?.athleteId ?? [])).size, 5)
  t.equal(taken.filter((attempt) => attempt !== undefined).length, 5, 'each claim gets another athlete')
  const [first] = taken
  if (first === undefined) throw new Error('the first claim found nothing')
  await end(first, { kind: 'release' })
  t.equal(
    shown((await claimAs('webhook', { leaseMs: 1 }))?.attempt),
    shown(first),
    'released: at its old place',
  )
  t.match(await end(first), { isOwn: false }, 'an expired lease cannot end the attempt')
  await db.execute(sql`select pg_sleep(0.01)`)
  t.equal(shown(await claim('webhook')), shown(first), 'after the lease another claim gets it')
})

t.test('queue: delayed and dead work blocks no other work', async (t) => {
  await queue(want('1', '1'), want('1', '2'), want('2', '3'), { lane: 'resync', athleteId: '1' })
  const [first, other] = [await mustClaim('webhook'), await mustClaim('webhook')]
  await end(first, { kind: 'delay', until: later(1_000), attempts: 1, failure: 'unavailable' })
  await end(other, { kind: 'dead', failure: 'unavailable' })
  const second = await mustClaim('webhook')
  t.equal(shown(second), '1/2')
  t.match(await end(second), { hasMore: false })
  await end(await mustClaim('resync'), {
    kind: 'delay',
    until: later(5_000),
    attempts: 1,
    failure: 'timeout',
  })
  t.same(await pollLanes(db, later(999)), [])
  t.same(await pollLanes(db, later(1_000)), ['webhook'], 'its time has come')
  t.match(await claim('webhook', later(1_000)), { athleteId: '1', failures: 1, wanted: { activityId: '1' } })
  t.same(await pollLanes(db, later(5_000)), ['resync'])
  t.match(await claim('resync', later(5_000)), { athleteId: '1', failures: 1 })
  t.equal(await claim('webhook', later(9_000_000)), undefined, 'what is dead stays so')

  const [row] = await db
    .select()
    .from(wantedActivities)
    .where(and(eq(wantedActivities.athleteId, '2'), eq(wantedActivities.activityId, '3')))
  t.match(row, { deadAt: NOW, failure: 'unavailable', attempts: 1 })
  await queue(want('2', '3'))
  t.match(await claim('webhook'), { athleteId: '2', failures: 0 }, 'a new request queues it again')
})

t.test('queue: a new request revives dead work', async (t) => {
  await queue({ lane: 'signup', athleteId: '1' })
  await end(await mustClaim('signup'), { kind: 'dead', failure: 'unavailable' })
  t.equal(await claim('signup'), undefined)
  await queue({ lane: 'signup', athleteId: '1' })
  t.match(await claim('signup'), { failures: 0 })
})

t.test('queue: every request that waits gets the outcome, once', async (t) => {
  await queue({ lane: 'signup', athleteId: '1', replyTo: 'one' })
  await queue({ lane: 'signup', athleteId: '1', replyTo: 'two' })
  const attempt = await mustClaim('signup')
  t.same(attempt.replyTo, ['one', 'two'])
  await end(attempt, { kind: 'release' })
  t.same((await mustClaim('signup')).replyTo, [])
})
