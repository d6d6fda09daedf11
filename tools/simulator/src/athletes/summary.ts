import { float, idNumber, type JsonObject, type JsonValue, NumberText } from '../json/json-text.ts'
import type { ActivityFacts } from './facts.ts'
import { encodePolyline } from './polyline.ts'
import { type ActivityRecord, isPrivate } from './records.ts'
import { type LatLng, roundedPoint, routeFrom } from './route.ts'
import { timeZoneText } from './time-zone.ts'

const UPLOAD_ID_DISTANCE = 802_187_299

/** `2026-02-07T23:39:36Z` */
export function isoSeconds(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`
}

/** A reference to the athlete from other records. */
export function metaAthlete(record: ActivityRecord): JsonObject {
  return { id: idNumber(record.athlete.id), resource_state: 1 }
}

const POINT_COUNTS = { summary: [40, 80, 160], detailed: [150, 400, 900] } as const

/** The track of an activity, coarse for summaries and fine for details; empty if it has none. */
export function trackOf(facts: ActivityFacts, representation: 'summary' | 'detailed'): LatLng[] {
  if (facts.mapShape !== 'route') return []
  const [short, middle, long] = POINT_COUNTS[representation]
  const pointCount = facts.distanceMeters < 5_000 ? short : facts.distanceMeters < 15_000 ? middle : long
  return routeFrom(facts.routeSeed, facts.place, facts.distanceMeters, pointCount)
}

function pointOf(facts: ActivityFacts, point: LatLng | undefined): JsonValue | undefined {
  if (facts.mapShape === 'missing') return undefined
  if (facts.mapShape === 'null') return null
  return point === undefined ? [] : roundedPoint(point)
}

function summaryMap(record: ActivityRecord, facts: ActivityFacts, track: LatLng[]): JsonObject {
  const polylines: Record<ActivityFacts['mapShape'], string | null | undefined> = {
    route: encodePolyline(track),
    empty: '',
    null: null,
    missing: undefined,
  }
  return { id: `a${record.id}`, summary_polyline: polylines[facts.mapShape], resource_state: 2 }
}

/** From this power on it is measured by a device, which reports more fields. */
const DEVICE_WATTS = 150

/** Whether the power was measured, not estimated. */
export function hasDeviceWatts(facts: ActivityFacts): boolean {
  return (facts.watts ?? 0) > DEVICE_WATTS
}

function powerFields(watts: number, movingSeconds: number): JsonObject {
  const isMeasured = watts > DEVICE_WATTS
  return {
    average_watts: float(watts),
    max_watts: isMeasured ? Math.round(watts * 1.7) : undefined,
    weighted_average_watts: isMeasured ? Math.round(watts * 1.06) : undefined,
    device_watts: isMeasured,
    kilojoules: float(Math.round((watts * movingSeconds) / 100) / 10),
  }
}

function sensorFields(facts: ActivityFacts): JsonObject {
  const { heartrate, watts } = facts
  return {
    average_cadence: facts.cadence === undefined ? undefined : float(facts.cadence),
    average_temp: facts.temperature,
    ...(watts !== undefined && powerFields(watts, facts.movingSeconds)),
    has_heartrate: heartrate !== undefined,
    average_heartrate: heartrate && float(heartrate.average),
    max_heartrate: heartrate && float(heartrate.max),
    heartrate_opt_out: false,
    display_hide_heartrate_option: heartrate !== undefined,
    ...(facts.hasElevation && {
      elev_high: float(Math.round((facts.lowMeters + facts.climbMeters / 3) * 10) / 10),
      elev_low: float(facts.lowMeters),
    }),
  }
}

function uploadFields(record: ActivityRecord, facts: ActivityFacts): JsonObject {
  if (facts.mapShape === 'missing') return {}
  if (record.manual) return { upload_id: null, external_id: null }
  const uploadId = String(BigInt(record.id) + BigInt(UPLOAD_ID_DISTANCE))
  return { upload_id: new NumberText(uploadId), upload_id_str: uploadId, external_id: facts.externalId }
}

function headFields(record: ActivityRecord, facts: ActivityFacts): JsonObject {
  return {
    athlete: metaAthlete(record),
    name: facts.name,
    distance: float(facts.distanceMeters),
    moving_time: facts.movingSeconds,
    elapsed_time: facts.elapsedSeconds,
    total_elevation_gain: facts.climbMeters === 0 ? 0 : float(facts.climbMeters),
    type: facts.sport.type,
    sport_type: facts.sport.sportType,
    workout_type: facts.workoutType,
    device_name: record.manual ? undefined : facts.deviceName,
    id: idNumber(record.id),
    start_date: isoSeconds(facts.startSeconds),
    start_date_local: isoSeconds(facts.startSeconds + facts.offsetSeconds),
    timezone: timeZoneText(facts.timeZone),
    utc_offset: float(facts.offsetSeconds),
    location_city: null,
    location_state: null,
    location_country: null,
    achievement_count: facts.achievements,
    kudos_count: facts.kudos,
    comment_count: 0,
    athlete_count: 1,
    photo_count: 0,
  }
}

/**
 * A SummaryActivity (`resource_state` 2), fields in the order of recorded responses of 2025 and 2026.
 * The track is passed so that a detail need not walk it twice.
 */
export function summaryActivity(
  record: ActivityRecord,
  facts: ActivityFacts,
  track: LatLng[] = trackOf(facts, 'summary'),
): JsonObject {
  return {
    resource_state: 2,
    ...headFields(record, facts),
    map: summaryMap(record, facts, track),
    trainer: facts.trainer,
    commute: facts.commute,
    manual: record.manual,
    private: isPrivate(record),
    visibility: record.visibility,
    flagged: false,
    gear_id: facts.mapShape === 'missing' ? undefined : facts.gearId,
    start_latlng: pointOf(facts, track[0]),
    end_latlng: pointOf(facts, track.at(-1)),
    average_speed: float(facts.averageSpeed),
    max_speed: facts.maxSpeed === 0 ? 0 : float(facts.maxSpeed),
    ...sensorFields(facts),
    ...uploadFields(record, facts),
    from_accepted_tag: false,
    pr_count: Math.min(facts.achievements, 2),
    total_photo_count: facts.photos,
    has_kudoed: false,
    suffer_score: facts.heartrate && float(Math.round(facts.movingSeconds / 60)),
  }
}
