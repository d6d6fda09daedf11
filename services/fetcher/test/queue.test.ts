import { LANES, type Lane } from '@ikigai/contracts'
import { athletePresence, athletes, fetchJobs, openDatabase } from '@ikigai/db'
import { queueJob, queueJobs } from '@ikigai/outbox'
import { compareTurns, passOf } from '@ikigai/quota'
import { testDatabase } from '@ikigai/testkit'
import { and, eq, sql } from 'drizzle-orm'
import fc from 'fast-check'
import t from 'tap'
import { type ClaimedJob, claimNext, deferJob, finishJob, giveUpJob, releaseJob } from '../src/queue.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'test', max: 10 })
t.teardown(close)

const NOW = new Date('2030-03-05T10:00:00Z')
const ATHLETES = ['1', '2', '3', '4', '5']
await db.insert(athletes).values(ATHLETES.map((id) => ({ id, scopes: [], connectedAt: NOW })))

const clear = () => db.execute(sql`truncate fetch_jobs, fetch_lanes, athlete_presence, outbox`)
t.beforeEach(clear)

let claims = 0
const claim = (lane: Lane, now = NOW, leaseMs = 60_000) => {
  claims += 1
  return claimNext(db, lane, { claim: `claim-${claims}`, leaseMs, now })
}
const queue = (lane: Lane, athleteId: string, activityId?: string) =>
  db.transaction((tx) => queueJob(tx, { lane, athleteId, activityId }, NOW))
const present = (athleteId: string, until = new Date(NOW.getTime() + 1)) =>
  db.insert(athletePresence).values({ athleteId, until }).onConflictDoNothing()
async function mustClaim(lane: Lane): Promise<ClaimedJob> {
  const job = await claim(lane)
  if (job === undefined) throw new Error(`nothing to claim in ${lane}`)
  return job
}
const shown = (job: ClaimedJob | undefined) => job && `${job.athleteId}/${job.activityId ?? ''}`

/** Serves a lane to its end, and says whose turn it was each time. */
async function serveAll(lane: Lane): Promise<string[]> {
  const order: string[] = []
  for (let job = await claim(lane); job !== undefined; job = await claim(lane)) {
    order.push(job.athleteId)
    await finishJob(db, job)
  }
  return order
}

/** The queue as the policy's pure functions would keep it. */
class Model {
  readonly #jobs: { athlete: string; activity: string; pass: number; arrival: number }[] = []
  readonly present = new Set<string>()
  #laneTime = 0
  #arrival = 0
  add(athlete: string, activity: string): void {
    if (this.#jobs.some((job) => job.athlete === athlete && job.activity === activity)) return
    const passes = this.#jobs.filter((job) => job.athlete === athlete).map(({ pass }) => pass)
    this.#arrival += 1
    this.#jobs.push({
      athlete,
      activity,
      pass: passOf(this.#laneTime, Math.max(0, ...passes)),
      arrival: this.#arrival,
    })
  }
  serve(): string | undefined {
    const isPresent = (athlete: string) => this.present.has(athlete)
    this.#jobs.sort((a, b) =>
      compareTurns({ ...a, present: isPresent(a.athlete) }, { ...b, present: isPresent(b.athlete) }),
    )
    const next = this.#jobs.shift()
    if (next === undefined) return undefined
    this.#laneTime = Math.max(this.#laneTime, next.pass)
    return `${next.athlete}/${next.activity}`
  }
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ queue: fc.constantFrom(...ATHLETES), activity: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 4, arbitrary: fc.record({ serve: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ present: fc.constantFrom(...ATHLETES) }) },
)

t.test('Postgres serves in the very order of the policy', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await clear()
      const model = new Model()
      for (const each of steps) {
        if ('queue' in each) {
          model.add(each.queue, String(each.activity))
          await queue('webhook', each.queue, String(each.activity))
        } else if ('present' in each) {
          model.present.add(each.present)
          await present(each.present)
        } else {
          const job = await claim('webhook')
          if (shown(job) !== model.serve()) return false
          if (job !== undefined) await finishJob(db, job)
        }
      }
      return true
    }),
    { numRuns: 25 },
  )
  t.pass()
})

t.test('in each lane a burst of one athlete holds up nobody', async (t) => {
  for (const lane of LANES) {
    await db.transaction((tx) =>
      queueJobs(
        tx,
        Array.from({ length: 20 }, (_, i) => ({ lane, athleteId: '1', activityId: String(i + 1) })),
        NOW,
      ),
    )
    await queue(lane, '2', '100')
    await queue(lane, '3', '101')
    const order = await serveAll(lane)
    t.same(order.slice(0, 3), ['1', '2', '3'], `${lane}: one each`)
    t.equal(order.length, 22)
  }
})

t.test('an athlete’s next page comes after a page of everybody else', async (t) => {
  await queue('backfill', '1')
  await queue('backfill', '2')
  const order: string[] = []
  for (let page = 0; page < 9; page += 1) {
    const job = await mustClaim('backfill')
    order.push(job.athleteId)
    // The page is stored, and the next one queued, while the job is under way.
    await queue('backfill', job.athleteId)
    t.equal(await finishJob(db, job), true, 'it stays, with another turn')
    if (page === 4) await queue('backfill', '3')
  }
  t.same(order, ['1', '2', '1', '2', '1', '2', '1', '3', '2'], 'a newcomer waits for one page of any other')
})

t.test('who is here now comes first among equals, and not before his turn', async (t) => {
  await queue('backfill', '1')
  await queue('backfill', '2')
  await queue('newest', '2', '1')
  await queue('newest', '2', '2')
  await queue('newest', '1', '3')
  await present('2')
  t.equal((await mustClaim('backfill')).athleteId, '2')
  t.same(await serveAll('newest'), ['2', '1', '2'])
  await db.update(athletePresence).set({ until: NOW })
  await queue('webhook', '1', '1')
  await queue('webhook', '2', '2')
  t.same(await serveAll('webhook'), ['1', '2'], 'who has left is like the others')
})

t.test(
  'repeated requests of one activity are one call; one that comes during the call makes another',
  async (t) => {
    for (let time = 0; time < 5; time += 1) await queue('webhook', '1', '7')
    const job = await mustClaim('webhook')
    t.equal(await claim('webhook'), undefined, 'one job')
    await queue('webhook', '1', '7')
    t.equal(await finishJob(db, job), true, 'asked for again meanwhile')
    const again = await mustClaim('webhook')
    t.equal(await finishJob(db, again), false)
    t.equal(await claim('webhook'), undefined)
  },
)

t.test('a job has one claimant at a time, until his lease is over', async (t) => {
  await db.transaction((tx) =>
    queueJobs(
      tx,
      ATHLETES.map((athleteId) => ({ lane: 'webhook', athleteId, activityId: athleteId })),
      NOW,
    ),
  )
  const taken = await Promise.all(Array.from({ length: 9 }, () => claim('webhook')))
  t.equal(new Set(taken.flatMap((job) => job?.athleteId ?? [])).size, 5)
  t.equal(taken.filter((job) => job !== undefined).length, 5, 'nobody has what another has')
  const [first] = taken
  if (first === undefined) throw new Error('the first claim found nothing')
  await releaseJob(db, first)
  t.equal(shown(await claim('webhook', NOW, 1)), shown(first), 'released: at its old place')
  t.equal(await finishJob(db, first), false, 'a claim that is over ends nothing')
  await db.execute(sql`select pg_sleep(0.01)`)
  t.equal(shown(await claim('webhook')), shown(first), 'its fetcher is dead: another has it')
})

t.test('what is put off or given up holds up nobody', async (t) => {
  for (const [athlete, activity] of [
    ['1', '1'],
    ['2', '2'],
    ['3', '3'],
  ] as const)
    await queue('webhook', athlete, activity)
  const late = await mustClaim('webhook')
  const until = new Date(NOW.getTime() + 1_000)
  await deferJob(db, late, { until, attempts: 1, reason: 'unavailable' })
  const dead = await mustClaim('webhook')
  await db.transaction((tx) => giveUpJob(tx, dead, 'unavailable', NOW))
  t.equal(shown(await mustClaim('webhook')), '3/3')
  t.equal(await claim('webhook'), undefined)
  t.match(await claim('webhook', until), { athleteId: '1', attempts: 1 }, 'its time has come')
  const [row] = await db
    .select()
    .from(fetchJobs)
    .where(and(eq(fetchJobs.athleteId, dead.athleteId), eq(fetchJobs.lane, 'webhook')))
  t.match(row, { deadAt: NOW, reason: 'unavailable', claimedBy: null })
  await queue('webhook', dead.athleteId, dead.activityId)
  t.match(await claim('webhook'), { athleteId: '2', attempts: 0 }, 'a new request brings it back')
})

t.test('the outcome is told to whoever waits, once', async (t) => {
  await db.transaction((tx) => queueJob(tx, { lane: 'signup', athleteId: '1', notify: 'inbox' }, NOW))
  const job = await mustClaim('signup')
  t.equal(job.notify, 'inbox')
  await releaseJob(db, job)
  t.equal((await mustClaim('signup')).notify, undefined)
})
