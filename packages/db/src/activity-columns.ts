import type { Activity } from '@ikigai/contracts'
import { gt, type SQL, sql } from 'drizzle-orm'
import { activities } from './schema/activities.ts'

/** The columns of one activity, without Strava's documents. */
export const activityColumns = (confirmedAfter: Date) => ({
  id: activities.id,
  athleteId: activities.athleteId,
  name: activities.name,
  sportType: activities.sportType,
  startAt: activities.startAt,
  utcOffsetSeconds: activities.utcOffsetSeconds,
  timeZone: activities.timeZone,
  distanceMeters: activities.distanceMeters,
  movingTimeSeconds: activities.movingTimeSeconds,
  elapsedTimeSeconds: activities.elapsedTimeSeconds,
  elevationGainMeters: activities.elevationGainMeters,
  averageSpeed: activities.averageSpeed,
  averageHeartRate: activities.averageHeartRate,
  private: activities.private,
  manual: activities.manual,
  summaryPolyline: activities.summaryPolyline,
  confirmedAt: activities.confirmedAt,
  hasDetail: sql<boolean>`(${activities.detail} is not null and ${detailIsFresh(confirmedAfter)})`,
})

/** Strava's unchanged DetailedActivity, as text: parsing would round its ids beyond 2^53. */
export const detailColumn = (confirmedAfter: Date) =>
  sql<string | null>`case when ${detailIsFresh(confirmedAfter)} then ${activities.detail} end`

/** The detail expires separately, because a list confirms an activity without its detail. */
const detailIsFresh = (confirmedAfter: Date): SQL => sql`${gt(activities.detailAt, confirmedAfter)} is true`

/** A row of {@link activityColumns}. */
export type ActivityRow = Omit<
  typeof activities.$inferSelect,
  | 'summary'
  | 'detail'
  | 'observedAt'
  | 'detailAt'
  | 'detailFailedAt'
  | 'viewedAt'
  | 'eventTime'
  | 'hiddenAt'
  | 'resyncRun'
  | 'missingSince'
> & { readonly hasDetail: boolean }

/** An activity as clients and other teams see it. */
export function toActivity(row: ActivityRow): Activity {
  return {
    id: row.id,
    athlete_id: row.athleteId,
    name: row.name,
    sport_type: row.sportType,
    start_time: withOffset(row.startAt, row.utcOffsetSeconds),
    time_zone: row.timeZone,
    distance_meters: row.distanceMeters,
    moving_time_seconds: row.movingTimeSeconds,
    elapsed_time_seconds: row.elapsedTimeSeconds,
    elevation_gain_meters: row.elevationGainMeters,
    average_speed_meters_per_second: row.averageSpeed,
    average_heart_rate_bpm: row.averageHeartRate,
    private: row.private,
    manual: row.manual,
    summary_polyline: row.summaryPolyline,
    has_detail: row.hasDetail,
    strava_url: `https://www.strava.com/activities/${row.id}`,
    confirmed_at: row.confirmedAt.toISOString(),
  }
}

/** The date of an activity's `start_time` in SQL, as in {@link withOffset}. */
export const startDate: SQL = sql`(${activities.startAt} at time zone 'UTC' + make_interval(secs =>
  case when ${activities.utcOffsetSeconds} % 60 = 0 then ${activities.utcOffsetSeconds} else 0 end))::date`

/** RFC 3339 in the zone where the activity began; in UTC if its offset is not a whole minute. */
export function withOffset(instant: Date, offsetSeconds: number): string {
  if (offsetSeconds === 0 || offsetSeconds % 60 !== 0) return withoutMillis(instant.toISOString())
  const local = new Date(instant.getTime() + offsetSeconds * 1_000).toISOString()
  const minutes = Math.abs(offsetSeconds) / 60
  const pad = (value: number) => String(value).padStart(2, '0')
  const sign = offsetSeconds < 0 ? '-' : '+'
  return withoutMillis(local).replace('Z', `${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`)
}

const withoutMillis = (iso: string) => iso.replace('.000Z', 'Z')
