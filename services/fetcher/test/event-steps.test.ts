import { publish } from '@ikigai/bus'
import { activities, outbox } from '@ikigai/db'
import { readLedger } from '@ikigai/quota'
import { eventually } from '@ikigai/testkit'
import { and, eq, inArray, isNotNull } from 'drizzle-orm'
import t from 'tap'
import { type CountedPostgres, countTransactions } from './count-transactions.ts'
import { startHarness } from './harness.ts'

let counted: CountedPostgres | undefined
const harness = await startHarness(t, {}, async (url) => {
  counted = await countTransactions(t, url)
  return counted.url
})
const { db, strava, clock, bus } = harness
const transactions = () => counted?.transactions() ?? 0

/** Publishes an event of a new activity, as ingest does. @returns the activity's id */
async function publishCreation(athleteId: string): Promise<string> {
  const { id } = strava.admin.createActivity(athleteId)
  const event = {
    object_type: 'activity',
    object_id: Number(id),
    aspect_type: 'create',
    owner_id: Number(athleteId),
    subscription_id: 1,
    event_time: Math.floor(clock.now() / 1_000),
    updates: {},
  }
  const subject = `ikigai.v1.strava.activity.create.${athleteId}`
  await publish(bus, { subject, body: JSON.stringify(event), messageId: `test:${id}` })
  return id
}

const areStored = (ids: readonly string[]) => async () =>
  (await db.$count(activities, and(inArray(activities.id, [...ids]), isNotNull(activities.detail)))) ===
  ids.length

/** Whether the outbox is empty and no call is in flight. */
const isQuiet = async () => (await db.$count(outbox)) === 0 && (await readLedger(db))?.leases.length === 0

t.test('event: takes five transactions: apply, claim, settle, store and send', async (t) => {
  const athletes = await Promise.all(Array.from({ length: 3 }, () => harness.athlete({ imported: true })))
  const counts: number[] = []
  for (let round = 0; round < 21; round += 1) {
    const before = transactions()
    const id = await publishCreation(athletes[round % athletes.length] ?? '')
    await eventually(areStored([id]))
    await eventually(isQuiet)
    counts.push(transactions() - before)
  }
  // The relay polls once a second for messages left by a crash, which adds transactions to some events: use the median.
  const median = counts.slice(-15).sort((a, b) => a - b)[7]
  t.ok(median !== undefined && median <= 5, `${counts.join(' ')}`)
})

t.test('event: concurrent ones share transactions', async (t) => {
  const athletes = await Promise.all(Array.from({ length: 20 }, () => harness.athlete({ imported: true })))
  const before = transactions()
  const ids = await Promise.all(athletes.flatMap((id) => [publishCreation(id), publishCreation(id)]))
  await eventually(areStored(ids), { timeoutMs: 30_000 })
  await eventually(isQuiet)
  const each = (transactions() - before) / ids.length
  t.ok(each < 5, `${each} for each of ${ids.length}`)
  for (const athleteId of athletes)
    t.equal(await db.$count(activities, eq(activities.athleteId, athleteId)), 2)
})
