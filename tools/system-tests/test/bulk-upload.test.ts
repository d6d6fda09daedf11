import { activities } from '@ikigai/db'
import { eventually } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { MINUTE_MS, underAttack } from './under-attack.ts'

t.test('bulk upload: 25 activities at once are stored within two minutes, by list calls', async (t) => {
  const { admin, athletes, clock, taken, db, passing, visitors, served } = await underAttack(t, [30])
  const [id = ''] = athletes
  const begun = clock.now()
  const uploaded: string[] = []
  for (let n = 0; n < 25; n += 1) uploaded.push(admin.createActivity(id, { name: `Upload ${n}` }).id)
  await admin.idle()
  await taken()
  await passing(async () => (await db.$count(activities, eq(activities.athleteId, id))) === 55)
  t.ok(clock.now() - begun <= 2 * MINUTE_MS, `${(clock.now() - begun) / 1_000} s`)
  for (const each of uploaded) t.ok(await served(visitors[0], each))
  const { detail, list } = admin.counters().calls
  t.ok(detail + list <= 27, `${detail} details and ${list} lists`)
})

t.test('bulk upload: 25 activities over a quarter of an hour are never late', async (t) => {
  const { admin, athletes, clock, visitors, served } = await underAttack(t, [30])
  const [id = ''] = athletes
  for (let n = 0; n < 25; n += 1) {
    const { id: created } = admin.createActivity(id, { name: `Upload ${n}` })
    await eventually(() => served(visitors[0], created))
    await clock.jump(36_000)
  }
  t.equal(admin.counters().calls.detail, 25, 'what Strava confirms costs nothing of the budget')
})
