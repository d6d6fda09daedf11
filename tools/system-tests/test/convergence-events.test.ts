import { fetchQueue, imports, resyncs } from '@ikigai/db'
import type { Scope } from '@ikigai/simulator'
import { eventually, TestClock } from '@ikigai/testkit'
import { and, eq, isNull, ne } from 'drizzle-orm'
import fc from 'fast-check'
import { connect } from 'nats'
import t from 'tap'
import { interceptWebhooks } from './convergence-network.ts'
import { asObject, type SignedIn, startStack } from './stack.ts'

/** More by hand: `IKIGAI_PROPERTY_RUNS=100 IKIGAI_PROPERTY_SEED=7 npm test -- tools/system-tests/test/convergence-events.test.ts` */
const RUNS = Number(process.env['IKIGAI_PROPERTY_RUNS'] ?? 3)
const SEED = Number(process.env['IKIGAI_PROPERTY_SEED'] ?? 1)
const HOUR_MS = 3_600_000

const SCOPES = {
  all: ['read', 'activity:read_all'],
  open: ['read', 'activity:read'],
} satisfies Record<string, Scope[]>

/** A step of the athlete at Strava; `which` (0 to 1) chooses among their activities. */
const step = fc.record({
  does: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('create', 'createHidden' as const) },
    { weight: 8, arbitrary: fc.constantFrom('rename', 'retype', 'hide', 'unhide' as const) },
    { weight: 2, arbitrary: fc.constant('delete' as const) },
    { weight: 1, arbitrary: fc.constantFrom('deauthorize', 'allowAll', 'allowOpen' as const) },
  ),
  which: fc.double({ min: 0, max: 0.999, noNaN: true }),
  /** Seconds that pass before. */
  after: fc.constantFrom(0, 0, 0, 1, 2, 70),
  /** After how many more steps each copy of the event arrives; in which order among others that arrive then. */
  arrives: fc.array(fc.record({ later: fc.constantFrom(0, 0, 1, 3, 99), place: fc.nat(9) }), {
    minLength: 1,
    maxLength: 3,
  }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const history = fc.record({
  starts: fc.constantFrom<keyof typeof SCOPES>('all', 'open'),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

const clock = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
const stack = await startStack(t, { clock, env: { STRAVA_WEBHOOK_SUBSCRIBE: 'false', SIGNUP_WAIT: '50ms' } })
const { admin } = stack.strava
const network = await interceptWebhooks(
  t,
  stack.strava,
  `${stack.webhookUrl}/webhooks/strava/webhook-secret-of-the-test-0123456789`,
)
const nats = await connect({ servers: [stack.natsUrl] })
t.teardown(() => nats.close())
const manager = await nats.jetstreamManager()

t.test('events: in any order, number and delay, they end in what Strava shows', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 8, size: 'max' }), async (histories) => {
      const athletes = await Promise.all(histories.map(live))
      await settle(athletes.map(({ id }) => id))
      for (const { id, visitor } of athletes) {
        const grant = admin.athlete(id)
        if (!grant.connected) {
          t.equal((await visitor.get('/v1/me')).status, 401, 'who has withdrawn is not here any more')
          continue
        }
        const found = await served(visitor)
        const expected = atStrava(id, grant.scopes)
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(`served ${JSON.stringify(found)}, at Strava ${JSON.stringify(expected)}`)
      }
      t.pass(`${histories.length} histories`)
    }),
    { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: RUNS * 30_000 },
  )
})

interface Athlete {
  readonly id: string
  readonly visitor: SignedIn
}

/** Lives through a history, while its events arrive as it says. */
async function live({ starts, steps }: History): Promise<Athlete> {
  const { id } = admin.createAthlete({ activities: 3, privateShare: 0.4 })
  let visitor = await signIn(id, SCOPES[starts])
  const underWay: { at: number; place: number; body: string }[] = []
  for (const [now, each] of steps.entries()) {
    if (each.after > 0) await clock.advance(each.after * 1_000)
    visitor = (await take(id, each)) ?? visitor
    for (const body of await network.taken(id))
      for (const { later, place } of each.arrives) underWay.push({ at: now + later, place, body })
    await arrive(underWay, now)
  }
  await arrive(underWay, Number.POSITIVE_INFINITY)
  return { id, visitor }
}

async function arrive(underWay: { at: number; place: number; body: string }[], now: number): Promise<void> {
  const due = underWay.filter(({ at }) => at <= now)
  underWay.splice(0, underWay.length, ...underWay.filter(({ at }) => at > now))
  for (const { body } of due.sort((a, b) => a.place - b.place)) await network.deliver(body)
}

/** Does a step. @returns the new session after a sign-in */
async function take(id: string, { does, which }: Step): Promise<SignedIn | undefined> {
  if (does === 'create') admin.createActivity(id, {})
  if (does === 'createHidden') admin.createActivity(id, { visibility: 'only_me' })
  if (does === 'deauthorize') admin.deauthorizeAthlete(id)
  if (does === 'allowAll') return signIn(id, SCOPES.all)
  if (does === 'allowOpen') return signIn(id, SCOPES.open)
  const all = admin.activities(id)
  const chosen = all[Math.floor(which * all.length)]
  if (chosen === undefined) return undefined
  if (does === 'rename') admin.updateActivity(chosen.id, { name: `Named ${which}` })
  if (does === 'retype')
    admin.updateActivity(chosen.id, { sportType: chosen.sportType === 'Yoga' ? 'TrailRun' : 'Yoga' })
  if (does === 'hide') admin.hideActivity(chosen.id)
  if (does === 'unhide') admin.unhideActivity(chosen.id)
  if (does === 'delete') admin.deleteActivity(chosen.id)
  return undefined
}

let signingIn: Promise<unknown> = Promise.resolve()

/** One after the other: Strava's page answers for one athlete at a time. */
function signIn(id: string, scopes: Scope[]): Promise<SignedIn> {
  const signed = signingIn.then(() => stack.signIn(id, scopes))
  signingIn = signed.catch(() => {})
  return signed
}

/** Time passes until nothing is left to be done for these athletes. */
async function settle(ids: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      await clock.jump(3_000)
      const { num_pending: pending, num_ack_pending: working } = await manager.consumers.info(
        'STRAVA_EVENTS',
        'fetcher',
      )
      if (pending + working > 0) return false
      const open = await Promise.all(ids.map(isOpen))
      return !open.includes(true)
    },
    { timeoutMs: 60_000, intervalMs: 20 },
  )
}

async function isOpen(id: string): Promise<boolean> {
  const { db } = stack
  const jobs = await db
    .select({ lane: fetchQueue.lane })
    .from(fetchQueue)
    .where(and(eq(fetchQueue.athleteId, id), isNull(fetchQueue.deadAt), ne(fetchQueue.lane, 'enrich')))
  const [row] = await db.select().from(imports).where(eq(imports.athleteId, id))
  if (jobs.length > 0 || (row !== undefined && row.state !== 'complete')) return true
  if (row === undefined) return false
  const [listing] = await db.select().from(resyncs).where(eq(resyncs.athleteId, id))
  if (listing === undefined || listing.generation !== row.generation || listing.state !== 'idle') return true
  // One that is to come soon belongs to what has happened.
  const wait = listing.dueAt.getTime() - clock.now()
  if (wait > 2 * HOUR_MS) return false
  await clock.jump(Math.max(0, wait))
  return true
}

type Shown = readonly (readonly [id: string, name: unknown, sport: unknown, hidden: boolean])[]

async function served(visitor: SignedIn): Promise<Shown> {
  const { body } = await visitor.get('/v1/activities?limit=200')
  const { data } = body
  if (!Array.isArray(data)) throw new Error(JSON.stringify(body))
  return data
    .map(asObject)
    .map((each) => [String(each['id']), each['name'], each['sport_type'], each['private'] === true] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function atStrava(id: string, scopes: readonly Scope[]): Shown {
  return admin
    .activities(id)
    .map(({ id, name, sportType, visibility }) => [id, name, sportType, visibility === 'only_me'] as const)
    .filter(([, , , hidden]) => !hidden || scopes.includes('activity:read_all'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
