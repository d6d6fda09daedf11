import { randomBytes } from 'node:crypto'
import type { Activity } from '@ikigai/contracts'
import { activities, athletes, type Database, type Db, imports, openDatabase } from '@ikigai/db'
import { type TestContext, testDatabase } from '@ikigai/testkit'
import { createQueries, type Queries, type QueriesOptions } from '../src/queries/queries.ts'

/** The fixed time of these tests. */
export const NOW = Date.parse('2026-06-15T12:00:00Z')
export const DAY_MS = 86_400_000

/** Queries at that time, without invalidation by events. */
export const readsOf = (db: Db, options: Partial<QueriesOptions> = {}): Queries =>
  createQueries({
    db,
    clock: { now: () => NOW },
    cacheMaxAgeMs: 7 * DAY_MS,
    signUp: { mode: 'open', athleteLimit: undefined },
    initialLimits: { read: LIMITS, overall: { quarterHour: 200, day: 2_000 } },
    keys: [{ id: 's1', key: randomBytes(32) }],
    activityCacheBytes: 16 * 1_048_576,
    invalidationIsLive: () => false,
    ...options,
  })

const LIMITS = { quarterHour: 100, day: 1_000 }

/** A migrated database for this test, and a client that may write. */
export async function seededDatabase(t: TestContext): Promise<Database & { readonly url: string }> {
  const { url } = await testDatabase(t)
  const database = openDatabase({ url, name: 'gateway-test' })
  t.teardown(() => database.close())
  return { ...database, url }
}

export async function addAthlete(
  db: Db,
  id: string,
  values: Partial<typeof athletes.$inferInsert> = {},
): Promise<void> {
  await db.insert(athletes).values({
    id,
    username: `runner_${id}`,
    firstName: 'Ada',
    lastName: 'Runner',
    profileUrl: null,
    scopes: ['read', 'activity:read_all'],
    connectedAt: new Date(NOW - DAY_MS),
    ...values,
  })
}

export async function addImport(
  db: Db,
  athleteId: string,
  values: Partial<typeof imports.$inferInsert> = {},
): Promise<void> {
  const at = new Date(NOW - DAY_MS)
  await db
    .insert(imports)
    .values({ athleteId, state: 'running', pages: 1, startedAt: at, updatedAt: at, ...values })
}

type ActivityValues = Partial<typeof activities.$inferInsert> & { readonly id: string }

export async function addActivities(
  db: Db,
  athleteId: string,
  rows: readonly ActivityValues[],
): Promise<void> {
  await db.insert(activities).values(
    rows.map((values) => ({
      athleteId,
      name: `Activity ${values.id}`,
      sportType: 'Run',
      startAt: new Date(NOW - DAY_MS),
      utcOffsetSeconds: 0,
      timeZone: '(GMT+00:00) Europe/London',
      distanceMeters: 10_000,
      movingTimeSeconds: 3_000,
      elapsedTimeSeconds: 3_100,
      elevationGainMeters: 120.5,
      averageSpeed: 3.33,
      averageHeartRate: 151.2,
      private: false,
      manual: false,
      summaryPolyline: null,
      summary: '{}',
      observedAt: new Date(NOW),
      confirmedAt: new Date(NOW),
      ...values,
    })),
  )
}

/** `count` activities with ids from `firstId` on, an hour apart, the newest first. */
export const series = (count: number, firstId = 1) =>
  Array.from({ length: count }, (_, index) => ({
    id: String(firstId + index),
    startAt: new Date(NOW - DAY_MS - index * 3_600_000),
  }))

export const idsOf = (list: readonly Pick<Activity, 'id'>[]) => list.map(({ id }) => id)
