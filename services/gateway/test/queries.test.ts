import { ACTIVITY_SORTS, type ActivityFilter, type ActivitySort } from '@ikigai/contracts'
import { activities } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import t from 'tap'
import type { Choice } from '../src/queries/activities.ts'
import { encodeCursor, filterKey } from '../src/queries/cursor.ts'
import type { ListRequest } from '../src/queries/list-request.ts'
import { addActivities, addAthlete, DAY_MS, idsOf, NOW, readsOf, seededDatabase, series } from './seed.ts'

const ME = '42'

const database = await seededDatabase(t)
const { db } = database
const queries = readsOf(db)

t.beforeEach(async () => {
  await db.execute('truncate athletes cascade')
  await addAthlete(db, ME)
})

const idOf = (choice: Choice) => (typeof choice === 'string' ? choice : choice.activity.id)

t.test('random: uniform over the matching activities', async (t) => {
  const rows = series(10)
  await addActivities(db, ME, rows)
  await addActivities(db, ME, [
    { id: '100', hiddenAt: new Date(NOW) },
    { id: '101', confirmedAt: new Date(NOW - 8 * DAY_MS) },
    { id: '102', sportType: 'Ride' },
  ])
  const draws = 1_000
  const counts = new Map(rows.map(({ id }) => [id, 0]))
  for (let drawn = 0; drawn < draws; drawn += 50) {
    const batch = Array.from({ length: 50 }, () => queries.random(ME, { sport_type: 'Run' }))
    for (const choice of await Promise.all(batch))
      counts.set(idOf(choice), (counts.get(idOf(choice)) ?? 0) + 1)
  }
  const expected = draws / rows.length
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  t.strictSame([...counts.keys()].sort(), idsOf(rows).sort(), 'each of them, and no other')
  // 9 degrees of freedom: a uniform choice exceeds this in fewer than one of a million runs.
  t.ok(chiSquare < 45.1, `chi-square is ${chiSquare}`)
})

t.test('visibility: hidden, outdated and unpermitted activities are excluded', async (t) => {
  await addAthlete(db, '43')
  await addActivities(db, '43', [{ id: '7' }])
  await addActivities(db, ME, [
    { id: '1' },
    { id: '2', hiddenAt: new Date(NOW) },
    { id: '3', confirmedAt: new Date(NOW - 7 * DAY_MS) },
    { id: '4', confirmedAt: new Date(NOW - 7 * DAY_MS + 1) },
  ])
  t.strictSame(idsOf((await queries.list(ME, { filter: {}, limit: 50 })).data), ['4', '1'])
  t.ok(await queries.activity(ME, '1'))
  t.ok(await queries.activity(ME, '4'), 'confirmed within the last seven days')
  t.equal(await queries.activity(ME, '2'), undefined, 'hidden')
  t.equal(await queries.activity(ME, '3'), undefined, 'not confirmed for seven days')
  t.equal(await queries.activity(ME, '7'), undefined, "another athlete's")
  t.equal((await queries.import(ME))?.activities_stored, 2)
})

t.test('random: reports why there is no activity', async (t) => {
  t.equal(await queries.random(ME, {}), 'none')
  t.equal(await queries.random(ME, { sport_type: 'Run' }), 'none')
  await addActivities(db, ME, [{ id: '1', hiddenAt: new Date(NOW) }])
  t.equal(await queries.random(ME, { sport_type: 'Run' }), 'none')
  await addActivities(db, ME, [{ id: '2' }])
  t.equal(await queries.random(ME, { sport_type: 'Ride' }), 'no-match')
  t.equal(idOf(await queries.random(ME, {})), '2')
})

t.test('filter: bounds are inclusive', async (t) => {
  const start = Date.parse('2026-05-01T08:00:00Z')
  await addActivities(db, ME, [
    { id: '1', startAt: new Date(start), distanceMeters: 5_000 },
    { id: '2', startAt: new Date(start + 1_000), distanceMeters: 10_000, sportType: 'TrailRun' },
    { id: '3', startAt: new Date(start + 2_000), distanceMeters: 0.5, sportType: 'Swim' },
  ])
  const cases: readonly (readonly [ActivityFilter, readonly string[]])[] = [
    [{}, ['3', '2', '1']],
    [{ sport_type: 'TrailRun' }, ['2']],
    [{ sport_type: 'trailrun' }, []],
    [{ after: '2026-05-01T08:00:01Z' }, ['3', '2']],
    [{ before: '2026-05-01T08:00:01Z' }, ['2', '1']],
    [{ after: '2026-05-01T10:00:01+02:00', before: '2026-05-01T08:00:01.000Z' }, ['2']],
    [{ min_distance: 5_000 }, ['2', '1']],
    [{ max_distance: 5_000 }, ['3', '1']],
    [{ min_distance: 0.5, max_distance: 0.5 }, ['3']],
    [{ min_distance: 2, max_distance: 1 }, []],
    [{ sport_type: 'Run', after: '2026-05-01T08:00:00Z', max_distance: 9_000 }, ['1']],
  ]
  for (const [filter, expected] of cases) {
    const page = await queries.list(ME, { filter, limit: 50 })
    t.strictSame(idsOf(page.data), expected, JSON.stringify(filter))
    const choice = idOf(await queries.random(ME, filter))
    t.ok(expected.length === 0 ? choice === 'no-match' : expected.includes(choice), 'random agrees')
  }
})

t.test('filter: dates that do not exist are rejected', async (t) => {
  for (const after of ['2026-13-01T00:00:00Z', '2026-01-01T25:00:00Z', '0000-01-01T00:00:00Z']) {
    const refused = { name: 'InputError', pointer: '/after' }
    await t.rejects(async () => queries.random(ME, { after }), refused, after)
    await t.rejects(queries.list(ME, { filter: { after }, limit: 1 }), refused, after)
  }
  const refused = { name: 'InputError', pointer: '/before' }
  await t.rejects(async () => queries.random(ME, { before: '9999-12-31T23:59:59-23:59' }), refused)
})

t.test('list: pages of any size neither repeat nor skip activities', async (t) => {
  const same = new Date(NOW - DAY_MS)
  await addActivities(db, ME, [
    ...['5', '12', '7', '9007199254740993', '9007199254740992', '30'].map((id) => ({ id, startAt: same })),
    ...series(7, 100).map((row) => ({ ...row, startAt: new Date(row.startAt.getTime() - DAY_MS) })),
  ])
  const all = idsOf((await queries.list(ME, { filter: {}, limit: 200 })).data)
  t.strictSame(all.slice(0, 6), ['9007199254740993', '9007199254740992', '30', '12', '7', '5'])
  t.equal(all.length, 13)
  for (const limit of [1, 2, 5, 6, 12, 13]) {
    const walked: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await queries.list(ME, { filter: {}, limit, ...(cursor == null ? {} : { cursor }) })
      walked.push(...idsOf(page.data))
      cursor = page.next_cursor
    } while (cursor !== null)
    t.strictSame(walked, all, `pages of ${limit}`)
  }
})

t.test('list: continues after the cursor while activities are added and deleted', async (t) => {
  await addActivities(db, ME, series(6))
  const first = await queries.list(ME, { filter: {}, limit: 3 })
  t.strictSame(idsOf(first.data), ['1', '2', '3'])
  await addActivities(db, ME, [{ id: '50', startAt: new Date(NOW) }])
  await db.delete(activities).where(eq(activities.id, '3'))
  const cursor = first.next_cursor ?? ''
  t.strictSame(idsOf((await queries.list(ME, { filter: {}, limit: 3, cursor })).data), ['4', '5', '6'])
})

t.test('list: each sort order, page by page', async (t) => {
  await addActivities(db, ME, [
    ...['5', '12', '7'].map((id) => ({ id, distanceMeters: 5_000.25, movingTimeSeconds: 60 })),
    { id: '9007199254740993', distanceMeters: 0.1 + 0.2, elevationGainMeters: 0 },
    { id: '9007199254740992', distanceMeters: 0.3, elevationGainMeters: 1e3, movingTimeSeconds: 7_200 },
    { id: '3', startAt: new Date(NOW - 9 * DAY_MS), elevationGainMeters: 0 },
  ])
  const orders: Readonly<Record<ActivitySort, readonly string[]>> = {
    '-start_time': ['9007199254740993', '9007199254740992', '12', '7', '5', '3'],
    start_time: ['3', '5', '7', '12', '9007199254740992', '9007199254740993'],
    '-distance': ['3', '12', '7', '5', '9007199254740993', '9007199254740992'],
    distance: ['9007199254740992', '9007199254740993', '5', '7', '12', '3'],
    '-moving_time': ['9007199254740992', '9007199254740993', '3', '12', '7', '5'],
    moving_time: ['5', '7', '12', '3', '9007199254740993', '9007199254740992'],
    '-elevation_gain': ['9007199254740992', '12', '7', '5', '9007199254740993', '3'],
    elevation_gain: ['3', '9007199254740993', '5', '7', '12', '9007199254740992'],
  }
  for (const sort of ACTIVITY_SORTS) {
    for (const limit of [1, 2, 6]) {
      const walked: string[] = []
      let cursor: string | null | undefined
      do {
        const page = await queries.list(ME, {
          filter: {},
          sort,
          limit,
          ...(cursor == null ? {} : { cursor }),
        })
        walked.push(...idsOf(page.data))
        cursor = page.next_cursor
      } while (cursor !== null)
      t.strictSame(walked, orders[sort], `${sort}, pages of ${limit}`)
    }
  }
})

t.test('cursor: valid for its own order and filter only', async (t) => {
  await addActivities(db, ME, series(5))
  const filter = { sport_type: 'Run', min_distance: 1 }
  const { next_cursor: cursor } = await queries.list(ME, { filter, sort: 'distance', limit: 2 })
  if (cursor === null) throw new Error('there is no next page')
  const reordered = { min_distance: 1, sport_type: 'Run' }
  t.equal((await queries.list(ME, { filter: reordered, sort: 'distance', limit: 9, cursor })).data.length, 3)
  const refused = { name: 'InputError', code: 'invalid_cursor', message: /another order or filter/ }
  for (const other of [
    { sort: '-distance' },
    { sort: 'start_time' },
    { filter: {} },
    { filter: { min_distance: 2 } },
  ])
    await t.rejects(
      queries.list(ME, { filter, sort: 'distance', limit: 2, cursor, ...other } as ListRequest),
      refused,
      JSON.stringify(other),
    )
})

t.test('cursor: rejected unless a list issued it', async (t) => {
  const text = (value: string) => Buffer.from(value).toString('base64url')
  const shape = { sort: '-start_time', filter: {} } as const
  const good = encodeCursor(shape, { value: NOW, id: '5' })
  const key = filterKey({})
  const bad = [
    'x',
    '!!!!',
    good.slice(0, -1),
    `${good}A`,
    `${good}=`,
    text('activities.1:1000:5'),
    text(`activities.2:-start_time:${key}:1000:0`),
    text(`activities.2:-start_time:${key}:1000:9223372036854775808`),
    text(`activities.2:-start_time:${key}:999999999999999:5`),
    text(`activities.2:-start_time:${key}:1e999:5`),
    text(`activities.2:-start_time:${key}:--1:5`),
    text(`activities.2:-start_time:${key}:01000:5`),
    text(`activities.2:-start_time:${key}:1000:5'; drop table activities; --`),
    text(`activities.2:name:${key}:1000:5`),
    text('{"id":5}'),
  ]
  for (const cursor of bad) {
    const refused = { name: 'InputError', code: 'invalid_cursor', pointer: '/cursor' }
    await t.rejects(queries.list(ME, { filter: {}, limit: 1, cursor }), refused, cursor)
  }
  t.ok(await queries.list(ME, { filter: {}, limit: 1, cursor: good }))
})

t.test("detail: Strava's document unchanged, to the last digit", async (t) => {
  const detail =
    '{"segment_efforts":[{"id":3271234567890123457},{"id":9223372036854775807}],"distance":10.10}'
  await addActivities(db, ME, [
    { id: '1', detail, detailAt: new Date(NOW) },
    { id: '2', detail, detailAt: new Date(NOW - 7 * DAY_MS) },
    { id: '3' },
  ])
  const found = await queries.activity(ME, '1')
  t.match(found?.detail, /\[\{"id": ?3271234567890123457\}, ?\{"id": ?9223372036854775807\}\]/)
  t.match(found?.detail, /10\.10/)
  t.equal(found?.activity.has_detail, true)
  for (const id of ['2', '3']) {
    const without = await queries.activity(ME, id)
    t.equal(without?.detail, null)
    t.equal(without?.activity.has_detail, false)
  }
})

t.test('activity: has all documented fields', async (t) => {
  await addActivities(db, ME, [
    {
      id: '9007199254740993',
      startAt: new Date('2026-05-01T22:30:00Z'),
      utcOffsetSeconds: 20_700,
      timeZone: '(GMT+05:45) Asia/Kathmandu',
      averageHeartRate: null,
      summaryPolyline: 'ki{eFvqfiV',
    },
  ])
  const found = await queries.activity(ME, '9007199254740993')
  t.strictSame(found?.activity, {
    id: '9007199254740993',
    athlete_id: ME,
    name: 'Activity 9007199254740993',
    sport_type: 'Run',
    start_time: '2026-05-02T04:15:00+05:45',
    time_zone: '(GMT+05:45) Asia/Kathmandu',
    distance_meters: 10_000,
    moving_time_seconds: 3_000,
    elapsed_time_seconds: 3_100,
    elevation_gain_meters: 120.5,
    average_speed_meters_per_second: 3.33,
    average_heart_rate_bpm: null,
    private: false,
    manual: false,
    summary_polyline: 'ki{eFvqfiV',
    has_detail: false,
    strava_url: 'https://www.strava.com/activities/9007199254740993',
    confirmed_at: '2026-06-15T12:00:00.000Z',
  })
})

t.test('ids: those beyond bigint match nothing', async (t) => {
  const huge = '9223372036854775808'
  t.equal(await queries.activity(ME, huge), undefined)
  t.equal(await queries.activity(ME, '9223372036854775807'), undefined)
  t.equal(await queries.athlete(huge), undefined)
  t.equal(await queries.import(huge), undefined)
  t.equal(await queries.random(huge, {}), 'none')
  t.strictSame(await queries.list(huge, { filter: {}, limit: 1 }), { data: [], next_cursor: null })
})

t.test("filter: dates are in the activity's time zone", async (t) => {
  const at = (start: string, hours: number) => ({ startAt: new Date(start), utcOffsetSeconds: hours * 3_600 })
  await addActivities(db, ME, [
    { id: '1', ...at('2026-01-01T06:00:00Z', -10) }, // 31 December, 20:00 in Honolulu
    { id: '2', ...at('2025-12-30T10:30:00Z', 14) }, // 31 December, 00:30 on Kiritimati
    { id: '3', ...at('2025-12-31T23:59:59Z', 0) },
    { id: '4', ...at('2025-12-31T23:30:00Z', 1) }, // 1 January in Berlin
    { id: '5', ...at('2025-12-31T04:59:59Z', -5) }, // 30 December in New York
    { id: '6', startAt: new Date('2025-12-31T18:29:59Z'), utcOffsetSeconds: 19_800 }, // 23:59:59 in Delhi
    { id: '7', startAt: new Date('2025-12-31T23:59:00Z'), utcOffsetSeconds: 561 }, // no whole minute: shown in UTC
  ])
  const idsWith = async (filter: ActivityFilter) =>
    idsOf((await queries.list(ME, { filter, limit: 50 })).data).sort()
  t.strictSame(await idsWith({ from_date: '2025-12-31', to_date: '2025-12-31' }), ['1', '2', '3', '6', '7'])
  t.strictSame(await idsWith({ from_date: '2026-01-01' }), ['4'])
  t.strictSame(await idsWith({ to_date: '2025-12-30' }), ['5'])
  t.strictSame(await idsWith({ from_date: '2025-12-31', sport_type: 'Ride' }), [])
  for (const day of ['2025-12-30', '2025-12-31', '2026-01-01']) {
    const { data } = await queries.list(ME, { filter: { from_date: day, to_date: day }, limit: 50 })
    for (const { start_time: start } of data) t.equal(start.slice(0, 10), day, 'as it is shown')
  }
  for (const day of ['2025-02-30', '2025-13-01', '0000-01-01', '0001-01-01', '9999-12-31'])
    await t.rejects(
      queries.list(ME, { filter: { from_date: day }, limit: 1 }),
      { message: 'This date does not exist.' },
      day,
    )
  const walked = await queries.random(ME, { to_date: '2025-12-30' }, '')
  t.equal(idOf(walked), '5', 'in a walk, too')
  t.equal((await queries.import(ME))?.oldest_start_time, '2025-12-31T00:30:00+14:00')
})
