import t from 'tap'
import { activityText } from '../src/athletes/activity-text.ts'
import { createRoster } from '../src/athletes/roster.ts'
import { at, fixture, items, testClock, textAt } from './helper.ts'

/** Fields of older recordings that newer ones no longer have. */
const GONE = new Set(['start_latitude', 'start_longitude'])
/** Fields that one source alone has. */
const SINGLE_SOURCE = new Set(['id_str', 'sport_image_visibility'])

const SUMMARIES = ['run', 'ebikeride', 'hike', 'swim-tz_EST', 'weighttraining-workout_type-30']
const DETAILS = ['run-followers_only-photos', 'ride-photos-v2-2', 'run-manual-2', 'workout-followers_only']

const roster = createRoster(1, testClock())
const athlete = roster.addAthlete({ activities: 2500, manualShare: 0.1 })
const summaries = athlete.activities.map((activity): unknown => JSON.parse(activityText(activity, 'summary')))
const details = athlete.activities
  .slice(0, 1500)
  .map((activity): unknown => JSON.parse(activityText(activity, 'detailed')))

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function likeRecorded(made: unknown[], recorded: unknown): unknown[] {
  return made.filter(
    (one) =>
      at(one, 'sport_type') === at(recorded, 'sport_type') && at(one, 'manual') === at(recorded, 'manual'),
  )
}

/** Whether some activity of that sport has each field of the recorded one, with a value of the same type. */
function holdsAgainst(t: Pick<typeof import('tap').t, 'ok'>, made: unknown[], recorded: unknown): void {
  const alike = likeRecorded(made, recorded)
  t.ok(alike.length > 0, 'there are some of that kind')
  for (const key of keysOf(recorded)) {
    if (GONE.has(key) || SINGLE_SOURCE.has(key)) continue
    const kinds = new Set(alike.map((one) => kindOf(at(one, key))))
    t.ok(kinds.has(kindOf(at(recorded, key))), `${key}: ${kindOf(at(recorded, key))}`)
  }
}

for (const name of SUMMARIES) {
  t.test(`summary, held against recorded ${name}`, async (t) => {
    holdsAgainst(t, summaries, fixture(`activities/summary-${name}`))
  })
}

for (const name of DETAILS) {
  t.test(`detail, held against recorded ${name}`, async (t) => {
    holdsAgainst(t, details, fixture(`activities/detailed-${name}`))
  })
}

t.test('shapes: no field is invented', async (t) => {
  const recordedSummaries = [...SUMMARIES, 'swim-manual-missing-fields'].map((name) =>
    fixture(`activities/summary-${name}`),
  )
  const recordedDetails = DETAILS.map((name) => fixture(`activities/detailed-${name}`))
  const known = (recorded: unknown[]) => new Set(recorded.flatMap(keysOf))
  t.same(unknownKeys(summaries, known([...recordedSummaries, ...recordedDetails])), [])
  t.same(unknownKeys(details, known([...recordedSummaries, ...recordedDetails])), [])
  for (const part of ['laps', 'splits_metric', 'splits_standard', 'segment_efforts']) {
    const made = details.flatMap((detail) => items(at(detail, part)))
    const recorded = recordedDetails.flatMap((detail) => items(at(detail, part)))
    t.ok(made.length > 0)
    t.same(unknownKeys(made, known(recorded)), [], part)
  }
})

function unknownKeys(made: unknown[], known: Set<string>): string[] {
  return [...new Set(made.flatMap(keysOf))].filter((key) => !known.has(key))
}

t.test('shapes: every shape of the map and its points occurs', async (t) => {
  const kinds = new Set(
    summaries.map((one) => {
      const polyline = at(one, 'map', 'summary_polyline')
      const kind = polyline === '' ? 'empty' : kindOf(polyline)
      return `${kind} ${kindOf(at(one, 'start_latlng'))} ${items(at(one, 'start_latlng')).length}`
    }),
  )
  t.same([...kinds].sort(), ['empty array 0', 'null null 0', 'string array 2', 'undefined undefined 0'])
})

t.test('shapes: manual activities have no upload, hidden ones are private', async (t) => {
  for (const one of summaries) {
    if (at(one, 'manual') === true) t.notOk(at(one, 'upload_id') || at(one, 'external_id'))
    if ((at(one, 'private') === true) !== (at(one, 'visibility') === 'only_me')) t.fail(textAt(one, 'id'))
  }
})

t.test(
  'times: local minus UTC is the offset, the zone prefix knows no summer, odd zones occur',
  async (t) => {
    const zones = new Set<string>()
    let summerTimes = 0
    for (const one of summaries) {
      const [utc, local] = [
        Date.parse(textAt(one, 'start_date')),
        Date.parse(textAt(one, 'start_date_local')),
      ]
      if ((local - utc) / 1000 !== at(one, 'utc_offset')) t.fail(textAt(one, 'id'))
      const [, sign, hours, minutes, zone] =
        /^\(GMT([+-])(\d\d):(\d\d)\) (\S+)$/.exec(textAt(one, 'timezone')) ?? []
      const prefix = (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1)
      if (prefix !== at(one, 'utc_offset')) summerTimes += 1
      zones.add(zone ?? '')
    }
    t.ok(zones.has('EST') || zones.has('Jamaica') || zones.has('US/Michigan'))
    t.ok(summerTimes > 0)
  },
)

t.test('shapes: ids of segment efforts are beyond 2^53 in the raw text', async (t) => {
  const texts = athlete.activities.slice(0, 20).map((activity) => activityText(activity, 'detailed'))
  const efforts = texts.flatMap((text) => [...text.matchAll(/"segment_efforts":\[\{"id":(\d+)/g)])
  t.ok(efforts.length > 0)
  for (const [, id = ''] of efforts) t.ok(BigInt(id) > 2n ** 53n && BigInt(id) < 2n ** 63n, id)
  const [, sample = ''] = efforts.find(([, id]) => String(Number(id)) !== id) ?? []
  t.not(sample, '', 'which JSON.parse would change')
})

t.test('shapes: floats are written as Strava writes them', async (t) => {
  const text = activityText(roster.addActivity(athlete, { distanceMeters: 5000 }), 'summary')
  t.match(text, '"distance":5000.0,')
})

t.test('polyline: decodes to a route that begins at the start and is as long as the activity', async (t) => {
  const one = summaries.find((summary) => textAt(summary, 'map', 'summary_polyline').length > 50)
  const points = decodePolyline(textAt(one, 'map', 'summary_polyline'))
  t.ok(points.length >= 40)
  const [first] = points
  const share = metersAlong(points) / Number(at(one, 'distance'))
  t.ok(share > 0.85 && share < 1.1, `${share} of the distance`)
  t.ok(Math.abs((first?.[0] ?? 0) - Number(at(one, 'start_latlng', 0))) < 1e-5)
  for (const [latitude, longitude] of points) {
    if (Math.abs(latitude - (first?.[0] ?? 0)) > 1.5 || Math.abs(longitude - (first?.[1] ?? 0)) > 3) {
      t.fail('far away')
    }
  }
})

function metersAlong(points: readonly [number, number][]): number {
  return points.slice(1).reduce((sum, [latitude, longitude], index) => {
    const [fromLatitude, fromLongitude] = points[index] ?? [latitude, longitude]
    const east = (longitude - fromLongitude) * Math.cos((latitude * Math.PI) / 180)
    return sum + 111_320 * Math.hypot(latitude - fromLatitude, east)
  }, 0)
}

function decodePolyline(text: string): [number, number][] {
  const numbers: number[] = []
  let [value, shift] = [0, 0]
  for (const character of text) {
    const chunk = character.charCodeAt(0) - 63
    value |= (chunk & 0x1f) << shift
    shift += 5
    if (chunk >= 0x20) continue
    numbers.push(value & 1 ? ~(value >> 1) : value >> 1)
    ;[value, shift] = [0, 0]
  }
  let [latitude, longitude] = [0, 0]
  const points: [number, number][] = []
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    latitude += numbers[index] ?? 0
    longitude += numbers[index + 1] ?? 0
    points.push([latitude / 1e5, longitude / 1e5])
  }
  return points
}

t.test('shapes: the same seed makes the same history, another one another', async (t) => {
  const texts = (seed: number) => {
    const made = createRoster(seed, testClock()).addAthlete({ activities: 50 })
    return made.activities.map((activity) => activityText(activity, 'detailed'))
  }
  t.same(texts(7), texts(7))
  t.notSame(texts(7), texts(8))
})

t.test('shapes: years of history, with names that are hard', async (t) => {
  const names = summaries.map((one) => textAt(one, 'name'))
  t.ok(names.some((name) => /\p{Extended_Pictographic}/u.test(name)))
  t.ok(names.some((name) => name.includes('"')))
  const years = new Set(summaries.map((one) => textAt(one, 'start_date').slice(0, 4)))
  t.ok(years.size >= 9)
  t.ok(new Set(summaries.map((one) => at(one, 'sport_type'))).size > 10)
})
