import { float, idNumber, type JsonObject, NumberText } from '../json/json-text.ts'
import { createRandom } from '../random.ts'
import { detailedSegmentEfforts } from './efforts.ts'
import type { ActivityFacts } from './facts.ts'
import { encodePolyline } from './polyline.ts'
import type { ActivityRecord } from './records.ts'
import { hasDeviceWatts, isoSeconds, metaAthlete, summaryActivity, trackOf } from './summary.ts'

const METERS_PER_MILE = 1609.344
const STATS = ['heart_rate', 'pace', 'power', 'speed', 'calories'] as const

/** Meters up or down over each of `n` stretches: hills that add up to the climb and end at their initial altitude. */
function hillsOf({ routeSeed, climbMeters }: ActivityFacts, count: number): number[] {
  const random = createRandom(routeSeed, 5)
  const waves = [1, 2, 3, 5, 8].map((times) => ({
    turns: times * 2 * Math.PI,
    size: random.between(0.2, 1) / times,
    phase: random.between(0, 2 * Math.PI),
  }))
  const heightAt = (share: number) =>
    waves.reduce((height, { turns, size, phase }) => height + size * Math.sin(turns * share + phase), 0)
  const steps = Array.from(
    { length: count },
    (_, index) => heightAt((index + 1) / count) - heightAt(index / count),
  )
  const up = steps.reduce((sum, step) => sum + Math.max(0, step), 0)
  return steps.map((step) => (up === 0 ? 0 : (step / up) * climbMeters))
}

function splits(record: ActivityRecord, facts: ActivityFacts, splitMeters: number): JsonObject[] | undefined {
  if (record.manual || facts.averageSpeed === 0) return undefined
  const random = createRandom(facts.routeSeed, splitMeters)
  const count = Math.min(300, Math.ceil(facts.distanceMeters / splitMeters))
  return hillsOf(facts, count).map((climb, index) => {
    const distance = Math.min(splitMeters, facts.distanceMeters - index * splitMeters)
    const grade = Math.max(-0.06, Math.min(0.1, climb / distance))
    const effort = (1 + 3 * grade) * random.between(0.96, 1.04)
    const seconds = Math.max(1, Math.round((distance / facts.averageSpeed) * effort))
    const speed = Math.round((distance / seconds) * 100) / 100
    return {
      distance: float(Math.round(distance * 10) / 10),
      elapsed_time: seconds,
      elevation_difference: float(Math.round(climb * 10) / 10),
      moving_time: seconds,
      split: index + 1,
      average_speed: float(speed),
      average_grade_adjusted_speed: float(speed),
      average_heartrate: facts.heartrate && new NumberText(String(facts.heartrate.average)),
      pace_zone: 0,
    }
  })
}

function laps(record: ActivityRecord, facts: ActivityFacts): JsonObject[] | undefined {
  if (record.manual) return undefined
  return [
    {
      id: new NumberText(String(BigInt(record.id) * 3n + 41n)),
      resource_state: 2,
      name: 'Lap 1',
      activity: { id: idNumber(record.id), visibility: record.visibility, resource_state: 1 },
      athlete: metaAthlete(record),
      elapsed_time: facts.elapsedSeconds,
      moving_time: facts.movingSeconds,
      start_date: isoSeconds(facts.startSeconds),
      start_date_local: isoSeconds(facts.startSeconds + facts.offsetSeconds),
      distance: float(facts.distanceMeters),
      average_speed: float(facts.averageSpeed),
      max_speed: float(facts.maxSpeed),
      lap_index: 1,
      split: 1,
      start_index: 0,
      end_index: Math.max(0, facts.movingSeconds - 1),
      total_elevation_gain: float(facts.climbMeters),
      device_watts: hasDeviceWatts(facts),
    },
  ]
}

function gear(facts: ActivityFacts): JsonObject | undefined {
  if (facts.gearId === null) return undefined
  const kilometers = createRandom(facts.gearId.length, Number(facts.gearId.slice(1))).integer(100, 9_000)
  return {
    id: facts.gearId,
    primary: false,
    name: `Gear ${facts.gearId.slice(-3)}`,
    nickname: null,
    resource_state: 2,
    retired: false,
    distance: kilometers * 1000,
    converted_distance: float(Math.round(kilometers * 6.214) / 10),
  }
}

function similarActivities(facts: ActivityFacts): JsonObject | undefined {
  if (facts.sport.type !== 'Run') return undefined
  const speed = facts.averageSpeed
  return {
    effort_count: 1,
    average_speed: speed,
    min_average_speed: speed,
    mid_average_speed: speed,
    max_average_speed: speed,
    pr_rank: null,
    frequency_milestone: null,
    trend: {
      speeds: [speed],
      current_activity_index: 0,
      min_speed: speed,
      mid_speed: speed,
      max_speed: speed,
      direction: 0,
    },
    resource_state: 2,
  }
}

function photos(facts: ActivityFacts): JsonObject {
  if (facts.photos === 0) return { primary: null, count: 0 }
  const name = facts.routeSeed.toString(16)
  return {
    primary: {
      unique_id: name,
      urls: {
        '600': `https://images.example/${name}-600.jpg`,
        '100': `https://images.example/${name}-100.jpg`,
      },
      source: 1,
      media_type: 1,
    },
    use_primary_photo: true,
    count: facts.photos,
  }
}

function detailedMap(record: ActivityRecord, facts: ActivityFacts): JsonObject {
  const { mapShape } = facts
  if (mapShape === 'missing' || mapShape === 'null') {
    return { id: `a${record.id}`, polyline: null, resource_state: 3 }
  }
  return {
    id: `a${record.id}`,
    polyline: encodePolyline(trackOf(facts, 'detailed')),
    resource_state: 3,
    summary_polyline: encodePolyline(trackOf(facts, 'summary')),
  }
}

/**
 * A DetailedActivity (`resource_state` 3) in the shape of recorded responses: the summary and what a
 * detail adds to it. Ids of segment efforts are beyond 2^53, so it may only be written as text.
 */
export function detailedActivity(record: ActivityRecord, facts: ActivityFacts): JsonObject {
  return {
    ...summaryActivity(record, facts),
    resource_state: 3,
    map: detailedMap(record, facts),
    description: facts.description,
    calories: float(Math.round(facts.movingSeconds / 6)),
    perceived_exertion: facts.exertion,
    prefer_perceived_exertion: facts.exertion === null ? null : false,
    segment_efforts: detailedSegmentEfforts(record, facts),
    splits_metric: splits(record, facts, 1000),
    splits_standard: splits(record, facts, METERS_PER_MILE),
    laps: laps(record, facts),
    best_efforts: facts.sport.type === 'Run' ? [] : undefined,
    gear: gear(facts),
    photos: photos(facts),
    stats_visibility: STATS.map((type) => ({ type, visibility: 'everyone' })),
    hide_from_home: false,
    embed_token: createRandom(facts.routeSeed).integer(1e15, 9e15).toString(16).padEnd(40, '0'),
    similar_activities: similarActivities(facts),
    available_zones: facts.heartrate === undefined ? [] : ['heartrate'],
  }
}
