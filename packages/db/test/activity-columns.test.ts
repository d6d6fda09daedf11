import { createHttp, createLogger } from '@ikigai/chassis'
import { captureLogs, testDatabase } from '@ikigai/testkit'
import { eq } from 'drizzle-orm'
import t from 'tap'
import {
  activities,
  activityColumns,
  athletes,
  detailColumn,
  openDatabase,
  toActivity,
  withOffset,
} from '../src/index.ts'

const { url } = await testDatabase(t)
const { db, close } = openDatabase({ url, name: 'db-test' })
t.teardown(close)

const AT = new Date('2026-03-01T06:30:00Z')
await db.insert(athletes).values({ id: '7', scopes: [], connectedAt: AT })

const row = {
  id: '9007199254740993',
  athleteId: '7',
  name: 'Morning Run 🏃',
  sportType: 'TrailRun',
  startAt: AT,
  utcOffsetSeconds: 3_600,
  timeZone: 'Europe/Copenhagen',
  distanceMeters: 10_000.1,
  movingTimeSeconds: 3_000,
  elapsedTimeSeconds: 3_100,
  elevationGainMeters: 80.5,
  averageSpeed: null,
  averageHeartRate: 151.2,
  private: true,
  manual: false,
  summaryPolyline: null,
  observedAt: AT,
  confirmedAt: AT,
}

t.test('activity columns: a row becomes an activity, its id and documents with every digit', async (t) => {
  const detail = '{"id": 9007199254740993, "segment_efforts": [{"id": 3456789012345678901}]}'
  await db.insert(activities).values({ ...row, detail, detailAt: AT })
  const read = async (confirmedAfter: Date) => {
    const [found] = await db
      .select({ ...activityColumns(confirmedAfter), detail: detailColumn(confirmedAfter) })
      .from(activities)
      .where(eq(activities.id, row.id))
    if (found === undefined) throw new Error('not found')
    return { activity: toActivity(found), detail: found.detail }
  }
  const fresh = await read(new Date(0))
  t.same(fresh.activity, {
    id: '9007199254740993',
    athlete_id: '7',
    name: 'Morning Run 🏃',
    sport_type: 'TrailRun',
    start_time: '2026-03-01T07:30:00+01:00',
    time_zone: 'Europe/Copenhagen',
    distance_meters: 10_000.1,
    moving_time_seconds: 3_000,
    elapsed_time_seconds: 3_100,
    elevation_gain_meters: 80.5,
    average_speed_meters_per_second: null,
    average_heart_rate_bpm: 151.2,
    private: true,
    manual: false,
    summary_polyline: null,
    has_detail: true,
    strava_url: 'https://www.strava.com/activities/9007199254740993',
    confirmed_at: '2026-03-01T06:30:00.000Z',
  })
  t.match(fresh.detail, '3456789012345678901')
  const old = await read(new Date('2026-03-02T00:00:00Z'))
  t.equal(old.detail, null, 'a detail that is too old is not shown')
  t.equal(old.activity.has_detail, false)
})

t.test('activity columns: start times are in the zone of the activity', async (t) => {
  t.equal(withOffset(AT, 0), '2026-03-01T06:30:00Z')
  t.equal(withOffset(AT, 20_700), '2026-03-01T12:15:00+05:45')
  t.equal(withOffset(AT, -12_600), '2026-03-01T03:00:00-03:30')
  t.equal(withOffset(AT, -28_800), '2026-02-28T22:30:00-08:00', 'the day before')
  t.equal(withOffset(AT, 1_172), '2026-03-01T06:30:00Z', 'an offset that RFC 3339 cannot say')
  t.equal(withOffset(new Date('2026-03-01T06:30:00.250Z'), 3_600), '2026-03-01T07:30:00.250+01:00')
})

t.test('activity columns: a failed statement does not show its parameters', async (t) => {
  const marker = 'access-token-0123456789abcdef'
  const failing = async () => {
    await db.insert(activities).values({ ...row, name: marker, athleteId: '404', id: '1' })
  }
  const error: unknown = await failing().catch((thrown) => thrown)
  t.match(error, { message: marker }, 'Drizzle itself tells them')

  const logs = captureLogs()
  const logger = createLogger({ service: 'db-test', level: 'debug', destination: logs })
  logger.error({ err: error }, 'failed')
  logger.error(error, 'failed')
  const app = createHttp({ logger })
  t.teardown(() => app.close())
  app.get('/', failing)
  const answer = await app.inject('/')
  t.equal(answer.statusCode, 500)
  t.notMatch(answer.body, marker)
  t.match(logs.text(), '23503', 'why it failed is told')
  t.notMatch(logs.text(), marker)
})
