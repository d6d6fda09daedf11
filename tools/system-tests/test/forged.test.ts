import { activities } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { BUDGET, strangeIds, underAttack } from './under-attack.ts'

t.test('forged events of one athlete: few calls, and the true ones among them are served', async (t) => {
  const { admin, athletes, visitors, forge, taken, passing, served } = await underAttack(t, [20, 3])
  const [target = '', other = ''] = athletes
  await forge({ aspect: 'create', owner: target, ids: strangeIds(75) })
  await forge({ aspect: 'delete', owner: target, ids: strangeIds(150).slice(75) })
  const ofTarget = admin.createActivity(target, { name: 'Real' })
  const ofOther = admin.createActivity(other, { name: 'Real too' })
  await admin.idle()
  await taken()
  await eventually(() => served(visitors[1], ofOther.id))
  await passing(() => served(visitors[0], ofTarget.id))
  const { detail, list } = admin.counters().calls
  t.ok(detail <= BUDGET.athlete + BUDGET.underWay + 1, `${detail} details`)
  t.ok(list <= 4, `${list} lists`)
  for (const { id } of admin.activities(target).slice(0, 5)) t.ok(await served(visitors[0], id))
})

t.test('forged events of three athletes: the calls are bounded over all of them', async (t) => {
  const { admin, athletes, forge, taken, passing, db, visitors, served } = await underAttack(
    t,
    [5, 80, 80, 3],
    { read: { fifteenMinutes: 100, day: 1_000 }, overall: { fifteenMinutes: 200, day: 2_000 } },
  )
  const [first = '', second = '', third = '', honest = ''] = athletes
  await forge({ aspect: 'create', owner: first, ids: strangeIds(40) })
  const stored = (id: string) =>
    admin
      .activities(id)
      .slice(0, 60)
      .map((activity) => activity.id)
  for (const owner of [second, third])
    await forge({ aspect: 'update', owner, ids: stored(owner), updates: { title: 'Forged' } })
  await taken()
  await passing(async () => (await db.$count(activities, eq(activities.name, 'Forged'))) === 0)
  const { detail, list } = admin.counters().calls
  t.ok(detail <= BUDGET.all + BUDGET.underWay, `${detail} details of 160 that were asked for`)
  t.ok(list <= 12, `${list} lists`)
  const created = admin.createActivity(honest, { name: 'Honest' })
  await admin.idle()
  await taken()
  await passing(() => served(visitors[3], created.id))
})
