import { activities, athletes } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { activitiesVersion } from '../src/queries/activities-version.ts'
import { addActivities, addAthlete, NOW, seededDatabase, series } from './seed.ts'

const ME = '42'
const { db } = await seededDatabase(t)
await addAthlete(db, ME)
await addAthlete(db, '43')
await addActivities(db, ME, series(5))
await addActivities(db, ME, [{ id: '9', private: true }])

const mine = eq(activities.id, '1')
const changes: Readonly<Record<string, () => Promise<unknown>>> = {
  'a new one': () => addActivities(db, ME, [{ id: '10' }]),
  'an edit': () => db.update(activities).set({ name: 'Evening Run' }).where(mine),
  'the same values, confirmed again': () => db.update(activities).set({ name: 'Evening Run' }).where(mine),
  'a detail': () =>
    db
      .update(activities)
      .set({ detail: '{}', detailAt: new Date(NOW) })
      .where(mine),
  'a hidden one': () =>
    db
      .update(activities)
      .set({ hiddenAt: new Date(NOW) })
      .where(mine),
  'a deleted one': () => db.delete(activities).where(eq(activities.id, '2')),
  'the scope withdrawn': () =>
    db
      .update(athletes)
      .set({ scopes: ['read'] })
      .where(eq(athletes.id, ME)),
  'all of them gone': () => db.delete(athletes).where(eq(athletes.id, ME)),
}

for (const [what, change] of Object.entries(changes)) {
  t.test(`activities version: changes after ${what}`, async (t) => {
    const before = await activitiesVersion(db, ME)
    t.equal(await activitiesVersion(db, ME), before, 'and only then')
    await change()
    t.not(await activitiesVersion(db, ME), before)
  })
}

t.test('activities version: unaffected by other athletes', async (t) => {
  const before = await activitiesVersion(db, ME)
  await addActivities(db, '43', [{ id: '100' }])
  t.equal(await activitiesVersion(db, ME), before)
  t.equal(typeof (await activitiesVersion(db, '99999999999999999999')), 'string')
})
