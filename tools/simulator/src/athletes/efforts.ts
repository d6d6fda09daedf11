import { float, idNumber, type JsonObject, NumberText } from '../json/json-text.ts'
import { createRandom, type Random } from '../random.ts'
import type { ActivityFacts } from './facts.ts'
import type { ActivityRecord } from './records.ts'
import { type LatLng, roundedPoint } from './route.ts'
import { hasDeviceWatts, isoSeconds, metaAthlete, trackOf } from './summary.ts'

/** Around 3e18: between 2^53 and 2^63, as in recorded responses. */
function effortId(random: Random): NumberText {
  const high = BigInt(random.integer(2_600_000_000, 3_400_000_000))
  return new NumberText(String(high * 1_000_000_000n + BigInt(random.integer(1, 999_999_999))))
}

function segment(
  random: Random,
  facts: ActivityFacts,
  meters: number,
  start: LatLng,
  end: LatLng,
): JsonObject {
  const id = random.integer(600_000, 39_000_000)
  return {
    id,
    resource_state: 2,
    name: `Segment ${id}`,
    activity_type: facts.sport.type,
    distance: float(meters),
    average_grade: float(Math.round(random.between(-4, 8) * 10) / 10),
    maximum_grade: float(Math.round(random.between(4, 20) * 10) / 10),
    elevation_high: float(facts.lowMeters + 20),
    elevation_low: float(facts.lowMeters),
    start_latlng: roundedPoint(start),
    end_latlng: roundedPoint(end),
    elevation_profile: null,
    elevation_profiles: null,
    climb_category: 0,
    city: null,
    state: null,
    country: null,
    private: false,
    hazardous: false,
    starred: false,
  }
}

function segmentEffort(
  record: ActivityRecord,
  facts: ActivityFacts,
  random: Random,
  track: LatLng[],
): JsonObject {
  const from = random.integer(0, track.length - 2)
  const start = track[from] ?? [0, 0]
  const end = track[from + 1] ?? start
  const meters = Math.round(random.between(300, 2_500) * 10) / 10
  const seconds = Math.max(1, Math.round(meters / facts.averageSpeed))
  const startSeconds = facts.startSeconds + Math.floor((facts.movingSeconds * from) / track.length)
  const on = segment(random, facts, meters, start, end)
  return {
    id: effortId(random),
    resource_state: 2,
    name: on['name'],
    activity: { id: idNumber(record.id), visibility: record.visibility, resource_state: 1 },
    athlete: metaAthlete(record),
    elapsed_time: seconds,
    moving_time: seconds,
    start_date: isoSeconds(startSeconds),
    start_date_local: isoSeconds(startSeconds + facts.offsetSeconds),
    distance: float(meters),
    start_index: from,
    end_index: from + 1,
    device_watts: hasDeviceWatts(facts),
    segment: on,
    pr_rank: null,
    achievements: [],
    visibility: 'everyone',
    kom_rank: null,
    hidden: false,
  }
}

/** Up to eight efforts on a track; none where there is no track. */
export function detailedSegmentEfforts(record: ActivityRecord, facts: ActivityFacts): JsonObject[] {
  const track = trackOf(facts, 'summary')
  if (track.length < 2 || facts.averageSpeed === 0) return []
  const random = createRandom(facts.routeSeed, 3)
  return Array.from({ length: random.integer(1, 8) }, () => segmentEffort(record, facts, random, track))
}
