import type { StravaId } from '@ikigai/contracts'
import { activities } from '@ikigai/db'
import type { StravaWebhookEvent } from '@ikigai/strava'
import { eq } from 'drizzle-orm'
import t from 'tap'
import { withAthleteLock } from '../src/activities/athlete-lock.ts'
import { storeDocuments } from '../src/activities/store.ts'
import { applyActivityEvent } from '../src/events/apply-event.ts'
import { readKnown } from '../src/events/processed-events.ts'
import { startResyncHarness } from './resync-harness.ts'

const harness = await startResyncHarness(t)
const { strava, db, clock } = harness
const { admin } = strava

const rowOf = async (id: StravaId) => {
  const [row] = await db.select().from(activities).where(eq(activities.id, id))
  if (row === undefined) throw new Error('not stored')
  return row
}

/** Stores an activity's current detail at Strava, as the answer to a call made now. */
async function fetchDetail(athleteId: StravaId, id: StravaId): Promise<void> {
  await clock.advance(1_000)
  const raw = admin.activityText(id, 'detailed')
  const sentAt = clock.now()
  await withAthleteLock(db, athleteId, (tx) =>
    storeDocuments(
      tx,
      { athleteId, documents: [{ id, athleteId, raw }], kind: 'detail', sentAt },
      new Date(sentAt),
    ),
  )
}

/** Applies an event. */
async function event(athleteId: StravaId, id: StravaId, updates: Record<string, string>): Promise<void> {
  await clock.advance(120_000)
  const now = new Date(clock.now())
  const reported: StravaWebhookEvent = {
    objectType: 'activity',
    objectId: id,
    ownerId: athleteId,
    aspectType: 'update',
    eventTime: Math.floor(clock.now() / 1_000),
    subscriptionId: '1',
    updates,
    raw: '{}',
  }
  await withAthleteLock(db, athleteId, async (tx, athlete) => {
    const [{ stored } = { stored: undefined }] = await readKnown(tx, [reported], now)
    await applyActivityEvent(tx, athlete, reported, { stored, check: 'call', now })
  })
}

/** An athlete with one activity of a sport, whose detail is stored. */
async function detailed(sportType: string): Promise<{ athleteId: StravaId; id: StravaId }> {
  const athleteId = await harness.imported({ activities: 1 }, (owner) => {
    const [only] = admin.activities(owner)
    if (only !== undefined) admin.updateActivity(only.id, { sportType, name: 'Before' })
  })
  const [only] = admin.activities(athleteId)
  if (only === undefined) throw new Error('no activity')
  await fetchDetail(athleteId, only.id)
  t.ok((await rowOf(only.id)).detail)
  return { athleteId, id: only.id }
}

const CHANGES = {
  name: { name: 'After' },
  sport: { sportType: 'VirtualRide' },
  distance: { distanceMeters: 4_321 },
  start: { startDate: '2030-01-02T06:00:00Z' },
} as const

for (const [what, changes] of Object.entries(CHANGES)) {
  t.test(`detail: dropped when a list shows another ${what}`, async (t) => {
    const { athleteId, id } = await detailed('Ride')
    admin.updateActivity(id, changes)
    await harness.relistWhenDue(athleteId)
    t.match(await rowOf(id), { detail: null, detailAt: null }, 'absent until it is fetched again')
    await fetchDetail(athleteId, id)
    const { detail, name, sportType } = await rowOf(id)
    t.match(JSON.parse(String(detail)), { name, sport_type: sportType })
  })
}

t.test('detail: kept when a list shows no change', async (t) => {
  const { athleteId, id } = await detailed('GravelRide')
  const { detailAt } = await rowOf(id)
  await harness.relistWhenDue(athleteId)
  t.match(await rowOf(id), { detail: String, detailAt })
})

t.test('detail: dropped by an event with a change, not by a repeated one', async (t) => {
  const { athleteId, id } = await detailed('Ride')
  await event(athleteId, id, { title: 'Before' })
  t.ok((await rowOf(id)).detail)
  await event(athleteId, id, { title: 'After' })
  t.match(await rowOf(id), { name: 'After', detail: null, detailAt: null })
})

t.test('sport type: the older, coarser type of an event does not overwrite a finer one', async (t) => {
  for (const [fine, coarse] of [
    ['GravelRide', 'Ride'],
    ['MountainBikeRide', 'Ride'],
    ['EMountainBikeRide', 'EBikeRide'],
    ['TrailRun', 'Run'],
    ['Pickleball', 'Workout'],
    ['ASportOfTomorrow', 'Workout'],
  ] as const) {
    const { athleteId, id } = await detailed(fine)
    await event(athleteId, id, { type: coarse })
    t.match(await rowOf(id), { sportType: fine, detail: String }, `${coarse} for ${fine}`)
    await event(athleteId, id, { type: 'Hike' })
    t.match(await rowOf(id), { sportType: 'Hike', detail: null }, 'a different sport is applied')
  }
})

t.test(
  'sport type: a document with only the older, coarser type does not overwrite a finer one',
  async (t) => {
    const { athleteId, id } = await detailed('GravelRide')
    const older = (type: string) => {
      const { sport_type: _, ...rest } = JSON.parse(admin.activityText(id, 'summary'))
      return JSON.stringify({ ...rest, type })
    }
    await clock.advance(1_000)
    await harness.store(athleteId, [older('Ride')], clock.now())
    t.match(await rowOf(id), { sportType: 'GravelRide', detail: String })
    await clock.advance(1_000)
    await harness.store(athleteId, [older('Run')], clock.now())
    t.match(await rowOf(id), { sportType: 'Run', detail: null })
  },
)
