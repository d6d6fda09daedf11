import { activities } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { and, count, eq, isNotNull } from 'drizzle-orm'
import t from 'tap'
import { BUDGET, underAttack } from './under-attack.ts'

t.test('200 forged deletions: a handful is hidden, and only until Strava is asked', async (t) => {
  const { admin, athletes, forge, taken, passing, db } = await underAttack(t, [260])
  const [target = ''] = athletes
  const ids = admin.activities(target).map(({ id }) => id)
  let most = 0
  const hidden = async () => {
    const [row] = await db
      .select({ n: count() })
      .from(activities)
      .where(and(eq(activities.athleteId, target), isNotNull(activities.hiddenAt)))
    most = Math.max(most, row?.n ?? 0)
    return row?.n ?? 0
  }
  admin.addFault({ kind: 'error', status: 503, route: 'detail', count: 1 })
  await Promise.all([
    forge({ aspect: 'delete', owner: target, ids: ids.slice(0, 200) }),
    eventually(async () => (await hidden()) > 0),
  ])
  await taken()
  await hidden()
  t.ok(most <= 5, `${most} hidden at once`)
  await passing(async () => (await hidden()) === 0)
  t.equal(await db.$count(activities, eq(activities.athleteId, target)), 260, 'nothing is erased')
  const { detail, list } = admin.counters().calls
  t.ok(detail <= BUDGET.athlete + BUDGET.underWay, `${detail} details`)
  t.ok(list <= 8, `${list} lists`)
})

t.test('deletions: many true ones at once are all applied, each after a call to Strava', async (t) => {
  const { admin, athletes, taken, passing, db } = await underAttack(t, [60])
  const [id = ''] = athletes
  for (const activity of admin.activities(id).slice(0, 12)) admin.deleteActivity(activity.id)
  await admin.idle()
  await taken()
  await passing(async () => (await db.$count(activities, eq(activities.athleteId, id))) === 48)
  t.pass('without a resync')
})
