import type { Activity } from '@ikigai/contracts'
import t from 'tap'
import { daysOf, monthsOf } from '../src/model/calendar.ts'
import { dayOf, latestYear, timeSince, timeUntil } from '../src/model/dates.ts'
import { decodePolyline } from '../src/model/polyline.ts'
import { deviceOf, heightsOf, profileOf } from '../src/model/profile.ts'
import { traceOf } from '../src/model/trace.ts'
import {
  climbOf,
  clock,
  distanceOf,
  guessUnits,
  paceOf,
  quantityText,
  sportName,
} from '../src/model/units.ts'

const BOX = { width: 100, height: 50, padding: 5 }

t.test('page model: polylines', async (t) => {
  // The example of Google's documentation of the format.
  t.strictSame(decodePolyline('_p~iF~ps|U_ulLnnqC_mqNvxq`@'), [
    [38.5, -120.2],
    [40.7, -120.95],
    [43.252, -126.453],
  ])
  t.strictSame(decodePolyline(''), [])
  t.equal(decodePolyline('_p~iF~ps|U_ulLnn').length, 1, 'cut short: what came before')
  t.equal(decodePolyline('\u0000\u0000').length, 0)
})

t.test('page model: a trace fills its box and keeps its shape', async (t) => {
  const square = traceOf(
    [
      [60, 10],
      [60.01, 10],
      [60.01, 10.02],
      [60, 10.02],
    ],
    BOX,
  )
  // At 60° a degree of longitude is half as long as one of latitude.
  t.equal(square?.path, 'M30 45L30 5L70 5L70 45')
  t.strictSame([square?.start, square?.end, square?.isLoop], [[30, 45], [70, 45], false])
  t.equal(traceOf([], BOX), undefined)
  t.equal(traceOf([[1, 1]], BOX), undefined)
  t.equal(
    traceOf(
      [
        [1, 1],
        [1, 1],
      ],
      BOX,
    ),
    undefined,
    'standing still is no route',
  )
  const overTheDateLine = traceOf(
    [
      [0, 179.99],
      [0.01, -179.99],
      [0, 179.99],
    ],
    BOX,
  )
  t.equal(overTheDateLine?.path, 'M10 45L90 5L10 45', 'in one piece')
  t.ok(overTheDateLine?.isLoop)
})

t.test('page model: profiles, out of whatever Strava gave', async (t) => {
  const split = (distance: number, moving_time: number, elevation_difference?: number) => ({
    distance,
    moving_time,
    elevation_difference,
  })
  const detail = {
    device_name: 'Garmin fēnix 6 Pro',
    splits_metric: [split(1_000, 300, 10), split(1_000, 250, -4), split(1_000, 275, 2), split(30, 3, 0)],
    laps: [split(5_000, 1_500)],
  }
  const profile = profileOf(detail, 'metric')
  t.equal(profile?.stretches.length, 3, 'without the few meters at the end')
  t.equal(profile?.stretches[1]?.metersPerSecond, 4)
  t.strictSame(heightsOf(profile?.stretches ?? []), [0, 10, 6, 8])
  t.equal(profileOf(detail, 'imperial'), undefined)
  t.equal(deviceOf(detail), 'Garmin fēnix 6 Pro')
  for (const useless of [null, 'x', {}, { splits_metric: 'x' }, { splits_metric: [null, {}, split(1, 0)] }])
    t.equal(profileOf(useless, 'metric'), undefined)
  t.equal(heightsOf([{ distanceMeters: 1, metersPerSecond: 1, climbMeters: null }]), undefined)
})

t.test('page model: units', async (t) => {
  t.strictSame(['en-US', 'en', 'en-GB', 'de', 'fr-CA', '', '?'].map(guessUnits), [
    'imperial',
    'imperial',
    'imperial',
    'metric',
    'metric',
    'metric',
    'metric',
  ])
  const text = (quantity: { value: string; unit: string }) => quantityText(quantity).replace('\u00a0', ' ')
  t.equal(text(distanceOf(12_345, 'metric')), '12.3 km')
  t.equal(text(distanceOf(12_345, 'imperial')), '7.7 mi')
  t.equal(text(distanceOf(1_500, 'metric', 'Swim')), '1,500 m')
  t.equal(text(climbOf(100, 'imperial')), '328 ft')
  t.equal(text(paceOf(1_000 / 272, 'metric', 'TrailRun')), '4:32 /km')
  t.equal(text(paceOf(100 / 95, 'metric', 'Swim')), '1:35 /100 m')
  t.equal(text(paceOf(10, 'metric', 'GravelRide')), '36.0 km/h')
  t.strictSame([59.6, 3_599, 3_600].map(clock), ['1:00', '59:59', '1:00:00'])
  t.equal(sportName('MountainBikeRide'), 'Mountain Bike Ride')
})

t.test('page model: days are those of the activity, wherever the reader is', async (t) => {
  const startTime = '2026-03-04T23:30:00-08:00'
  t.equal(dayOf(startTime), '2026-03-04')
  const now = new Date(2026, 2, 5, 12).getTime()
  t.equal(timeSince(startTime, now), 'yesterday')
  t.equal(timeSince('2024-03-01T10:00:00Z', now), '2 years ago')
  t.equal(timeUntil(new Date(now + 11 * 60_000).toISOString(), now), 'in about 11 minutes')
})

t.test('page model: a calendar', async (t) => {
  const on = (start_time: string, moving_time_seconds: number) =>
    ({ start_time, moving_time_seconds, distance_meters: 1_000 }) as Activity
  const days = daysOf([
    on('2026-03-04T08:00:00Z', 600),
    on('2026-03-04T18:00:00Z', 600),
    on('2026-03-05T08:00:00Z', 4_000),
    on('2026-03-06T08:00:00Z', 100),
    on('2026-03-07T08:00:00Z', 300),
  ])
  t.strictSame(
    [...days.values()].map(({ date, activities, level }) => [date, activities.length, level]),
    [
      ['2026-03-04', 2, 3],
      ['2026-03-05', 1, 4],
      ['2026-03-06', 1, 1],
      ['2026-03-07', 1, 2],
    ],
  )
  const march = monthsOf(2026)[2]
  t.equal(march?.cells.length, 31)
  t.match(march?.cells[0], { date: '2026-03-01', column: 6, row: 0 }, 'a Sunday is the last of its week')
  t.equal(monthsOf(2024)[1]?.cells.length, 29)
})

t.test('page model: the latest year is that of the zone that is furthest ahead', async (t) => {
  t.equal(latestYear(Date.parse('2026-12-31T09:59:59Z')), 2026)
  t.equal(latestYear(Date.parse('2026-12-31T10:00:00Z')), 2027, 'midnight on Kiritimati')
})
