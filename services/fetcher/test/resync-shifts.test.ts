import { activities, athletes, type resyncs } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import t from 'tap'
import { startResyncHarness } from './resync-harness.ts'

/** More by hand: `IKIGAI_PROPERTY_RUNS=500 IKIGAI_PROPERTY_SEED=7 npm test -- services/fetcher/test/resync-shifts.test.ts` */
const RUNS = Number(process.env['IKIGAI_PROPERTY_RUNS'] ?? 6)
const SEED = Number(process.env['IKIGAI_PROPERTY_SEED'] ?? 1)

const harness = await startResyncHarness(t)
const { admin } = harness.strava

/** A change at Strava before a call of the run. `place` and `target` (0 to 1) choose among the athlete's activities. */
const change = fc.record({
  before: fc.nat(4),
  kind: fc.constantFrom('create', 'createOld', 'createInBusySecond', 'delete', 'move', 'rename' as const),
  place: fc.double({ min: 0, max: 0.999, noNaN: true }),
  target: fc.double({ min: 0, max: 0.999, noNaN: true }),
  times: fc.constantFrom(1, 1, 3, 30),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

const BUSY_SECOND = '2029-06-01T00:00:01Z'

t.test('resync: changes during a run lose and delete nothing', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ spread: fc.constantFrom(30, 205, 410), busy: fc.constantFrom(0, 0, 230, 420) }),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      async ({ spread, busy }, changes) => {
        const id = await harness.imported({ activities: spread }, (athlete) => {
          for (let n = 0; n < busy; n += 1) admin.createActivity(athlete, { startDate: BUSY_SECOND })
        })
        const unmoved = new Set(harness.atStrava(id))
        await harness.relistWhenDue(id, (call) => {
          for (const each of changes) {
            if (each.before !== call) continue
            for (let n = 0; n < each.times; n += 1) apply(id, each, n, unmoved)
          }
        })
        const there = harness.atStrava(id)
        const stored = new Set(await harness.stored(id))
        const lost = there.filter((activity) => unmoved.has(activity) && !stored.has(activity))
        if (lost.length > 0) throw new Error(`lost or deleted: ${lost.join()}`)
        // The next runs find what was created and deleted meanwhile.
        let rounds = 0
        do {
          await harness.relistWhenDue(id)
          rounds += 1
        } while (rounds < 3 && (await unsettled(await harness.resync(id))))
        t.same(await differences(id), [], `after ${rounds} runs without changes`)
        await harness.db.delete(athletes).where(eq(athletes.id, id))
      },
    ),
    { numRuns: RUNS, seed: SEED },
  )
})

const unsettled = async ({ athleteId, quarantinedSince }: typeof resyncs.$inferSelect): Promise<boolean> =>
  quarantinedSince !== null || (await differences(athleteId)).length > 0

async function differences(athleteId: string): Promise<string[]> {
  const rows = await harness.db
    .select({ id: activities.id, name: activities.name, startAt: activities.startAt })
    .from(activities)
    .where(eq(activities.athleteId, athleteId))
  const stored = new Map(rows.map(({ id, name, startAt }) => [id, `${name} ${startAt.toISOString()}`]))
  const wrong: string[] = []
  for (const { id, name, startDate } of admin.activities(athleteId)) {
    if (stored.get(id) !== `${name} ${new Date(startDate).toISOString()}`) wrong.push(id)
    stored.delete(id)
  }
  return [...wrong, ...stored.keys()]
}

/** Applies a change. `kept`: removes deleted activities; created ones are not added, because this run may miss them. */
function apply(athleteId: string, { kind, place, target }: Change, n: number, kept: Set<string>): void {
  const all = admin.activities(athleteId)
  const at = (where: number) => all[(Math.floor(where * all.length) + n) % Math.max(1, all.length)]
  const [chosen, other] = [at(place), at(target)]
  if (chosen === undefined || other === undefined) return
  switch (kind) {
    case 'create':
      admin.createActivity(athleteId, {})
      return
    case 'createOld':
      admin.createActivity(athleteId, { startDate: other.startDate })
      return
    case 'createInBusySecond':
      admin.createActivity(athleteId, { startDate: BUSY_SECOND })
      return
    case 'delete':
      admin.deleteActivity(chosen.id)
      kept.delete(chosen.id)
      return
    case 'move':
      admin.updateActivity(chosen.id, { startDate: other.startDate })
      return
    default:
      admin.updateActivity(chosen.id, { name: `Renamed ${n}` })
  }
}
