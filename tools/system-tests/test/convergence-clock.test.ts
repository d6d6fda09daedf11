import type { Clock } from '@ikigai/chassis'
import { activities, fetchQueue, resyncs } from '@ikigai/db'
import { eventually, TestClock } from '@ikigai/testkit'
import { and, eq, isNull, ne } from 'drizzle-orm'
import fc from 'fast-check'
import t from 'tap'
import { startStack } from './stack.ts'

/** More by hand: `IKIGAI_PROPERTY_RUNS=20 IKIGAI_PROPERTY_SEED=7 npm test -- tools/system-tests/test/convergence-clock.test.ts` */
const RUNS = Number(process.env['IKIGAI_PROPERTY_RUNS'] ?? 2)
const SEED = Number(process.env['IKIGAI_PROPERTY_SEED'] ?? 1)
const DAY_MS = 86_400_000

/** True time, and our services' clocks, which are off by `jump`. Strava's own clock is true. */
const time = new TestClock(Date.parse('2030-03-05T10:01:00Z'))
let jump = 0
const clock: Clock = { now: () => time.now() + jump, sleep: (ms, signal) => time.sleep(ms, signal) }

const stack = await startStack(t, { clock, env: { STRAVA_WEBHOOK_SUBSCRIBE: 'false' } })
const { strava, db, webhookUrl } = stack
const { admin } = strava
admin.setSubscription({
  callbackUrl: `${webhookUrl}/webhooks/strava/webhook-secret-of-the-test-0123456789`,
})

const leap = (ms: number) => {
  jump += ms
  admin.advanceClock(-ms)
}

async function differences(athleteId: string): Promise<string[]> {
  const rows = await db
    .select({ id: activities.id, name: activities.name })
    .from(activities)
    .where(and(eq(activities.athleteId, athleteId), isNull(activities.hiddenAt)))
  const stored = new Map(rows.map(({ id, name }) => [id, name]))
  const wrong: string[] = []
  for (const { id, name } of admin.activities(athleteId)) {
    if (stored.get(id) !== name) wrong.push(id)
    stored.delete(id)
  }
  return [...wrong, ...stored.keys()]
}

/** Time passes until nothing of an athlete is left to do. */
const quiet = (id: string) =>
  eventually(
    async () => {
      await time.jump(15_000)
      const open = await db
        .select({ lane: fetchQueue.lane })
        .from(fetchQueue)
        .where(and(eq(fetchQueue.athleteId, id), isNull(fetchQueue.deadAt), ne(fetchQueue.lane, 'enrich')))
      const [listing] = await db.select().from(resyncs).where(eq(resyncs.athleteId, id))
      return open.length === 0 && listing?.state === 'idle'
    },
    { timeoutMs: 100_000, intervalMs: 20 },
  )

function live(id: string, name: string, which: number): void {
  const all = admin.activities(id)
  const at = (share: number) => all[Math.floor(share * all.length)]?.id ?? ''
  admin.updateActivity(at(which), { name })
  admin.createActivity(id, { name: `${name}, new` })
  admin.deleteActivity(at((which + 0.5) % 1))
}

t.test(
  'our clocks jump and are put right: nothing is swept, and soon all is true',
  { timeout: 240_000 },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(30 * DAY_MS, -30 * DAY_MS, 8 * DAY_MS, 3_600_000),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        async (by, which) => {
          const { id } = admin.createAthlete({ activities: 230 })
          await stack.signIn(id)
          await quiet(id)
          leap(by)
          live(id, 'While it was wrong', which)
          await admin.idle()
          await time.jump(120_000)
          leap(-by)
          const rows = await db.select().from(activities).where(eq(activities.athleteId, id))
          if (rows.length < 229) throw new Error(`${rows.length} rows are left`)
          live(id, 'Since it is right', which / 2)
          await admin.idle()
          await eventually(
            async () => {
              await time.jump(60_000)
              return (await differences(id)).length === 0
            },
            { timeoutMs: 100_000, intervalMs: 20 },
          )
          // The reconciliation, each 30 s, brings back a time that was reckoned by the wrong clock.
          await eventually(
            async () => {
              await time.jump(15_000)
              const [resync] = await db.select().from(resyncs).where(eq(resyncs.athleteId, id))
              return resync !== undefined && resync.dueAt.getTime() - clock.now() <= 2 * DAY_MS
            },
            { timeoutMs: 100_000, intervalMs: 20 },
          )
        },
      ),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    )
    t.pass()
  },
)
