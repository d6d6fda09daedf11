import type { StravaId } from '@ikigai/contracts'
import { type ActivityRow, activities, activityTombstones, type Tx } from '@ikigai/db'
import { LEGACY_TYPE_OF, OTHER_LEGACY_TYPE } from '@ikigai/strava'
import { sql } from 'drizzle-orm'
import { latestPlausible } from '../clocks/ahead.ts'

/** Documents of one answer. */
export interface Observation {
  readonly athleteId: StravaId
  /** The JSON texts, unchanged and valid as `jsonb`. */
  readonly documents: readonly string[]
  readonly kind: 'summary' | 'detail'
  /** When the call was sent: epoch ms. Later observations are not overwritten. */
  readonly sentAt: number
  readonly now: Date
}

/** The rows that an observation changed. */
export interface Changes {
  readonly created: readonly ActivityRow[]
  readonly updated: readonly ActivityRow[]
}

/**
 * Stores activities: one statement for all, each document parsed by Postgres, which keeps every digit.
 * Idempotent. A deletion reported after the call was sent stays; one reported before is undone, because Strava has just
 * returned the activity. A row of another athlete moves to this one. A stored time in the future does not block the update.
 */
export async function upsertActivities(tx: Tx, observation: Observation): Promise<Changes> {
  const { athleteId, documents, kind, sentAt, now } = observation
  if (documents.length === 0) return { created: [], updated: [] }
  const at = new Date(sentAt).toISOString()
  const ahead = sql`${latestPlausible(now).toISOString()}::timestamptz`
  const json = `[${documents.join(',')}]`
  // All parts of the statement, and so `earlier`, see the rows as they were before it.
  const written = await tx.execute<Written>(sql`
    with item as materialized (
      select distinct on (value->>'id') (value->>'id')::bigint as id, value as doc
      from jsonb_array_elements(${json}::jsonb)),
    earlier as (
      select row.* from item cross join lateral (
        select id, hidden_at is not null or athlete_id <> ${athleteId}::bigint as hidden, ${fingerprint} as fingerprint
        from ${activities} where activities.id = item.id offset 0) as row),
    later as (
      insert into ${activities} (
        id, athlete_id, name, sport_type, start_at, utc_offset_seconds, time_zone, distance_meters,
        moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, average_speed, average_heart_rate,
        private, manual, summary_polyline, summary, detail, observed_at, confirmed_at, detail_at)
      select ${columnsOf(kind, athleteId, at)}
      from item
      where not exists (
        select from ${activityTombstones} t where t.activity_id = item.id and t.athlete_id = ${athleteId}::bigint
          and t.recorded_at >= ${at}::timestamptz and t.recorded_at <= ${ahead})
      on conflict (id) do update set ${assignments}
      where activities.observed_at <= excluded.observed_at or activities.observed_at > ${ahead}
      returning ${shownColumns}, ${fingerprint} as fingerprint),
    restored as (
      delete from ${activityTombstones} where activity_id = any (array(select id from later)))
    select later.*, earlier.hidden is not false as is_new
    from later left join earlier using (id)
    where earlier.hidden is not false or earlier.fingerprint is distinct from later.fingerprint`)
  return {
    created: written.filter(({ is_new: isNew }) => isNew).map(rowOf),
    updated: written.filter(({ is_new: isNew }) => !isNew).map(rowOf),
  }
}

/** A digest of the columns that clients see. */
const fingerprint = sql`md5(row(name, sport_type, start_at, utc_offset_seconds, time_zone, distance_meters,
  moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, average_speed, average_heart_rate,
  private, manual, summary_polyline, detail is not null)::text)`

/** A number of the document, or 0 if it is absent. */
const number = (key: string) =>
  sql`coalesce(case when jsonb_typeof(doc->${key}) = 'number' then (doc->>${key})::double precision end, 0)`
const optionalNumber = (key: string) =>
  sql`case when jsonb_typeof(doc->${key}) = 'number' then (doc->>${key})::double precision end`
/** A duration: whole seconds within Postgres's integer. */
const seconds = (key: string) => sql`least(greatest(round(${number(key)}), -2147483648), 2147483647)::int`
const isTrue = (key: string) => sql`(doc->${key} = 'true'::jsonb) is true`

function columnsOf(kind: Observation['kind'], athleteId: StravaId, at: string) {
  // Strava's zone reads "(GMT+01:00) Europe/Copenhagen": the name is what follows the bracket (recorded responses).
  return sql`
    id, ${athleteId}::bigint, coalesce(doc->>'name', ''), coalesce(doc->>'sport_type', doc->>'type', 'Workout'),
    (doc->>'start_date')::timestamptz, ${seconds('utc_offset')},
    nullif(regexp_replace(doc->>'timezone', '^\\(GMT[^)]*\\)\\s*', ''), ''), ${number('distance')},
    ${seconds('moving_time')}, ${seconds('elapsed_time')}, ${number('total_elevation_gain')},
    ${optionalNumber('average_speed')}, ${optionalNumber('average_heartrate')},
    ${isTrue('private')} or doc->>'visibility' is not distinct from 'only_me', ${isTrue('manual')},
    nullif(doc->'map'->>'summary_polyline', ''),
    ${kind === 'summary' ? sql`doc` : sql`null::jsonb`}, ${kind === 'detail' ? sql`doc` : sql`null::jsonb`},
    ${at}::timestamptz, ${at}::timestamptz, ${kind === 'detail' ? sql`${at}::timestamptz` : sql`null::timestamptz`}`
}

const OVERWRITTEN_COLUMNS = [
  'athlete_id',
  'name',
  'start_at',
  'utc_offset_seconds',
  'time_zone',
  'distance_meters',
  'moving_time_seconds',
  'elapsed_time_seconds',
  'elevation_gain_meters',
  'average_speed',
  'average_heart_rate',
  'private',
  'manual',
  'summary_polyline',
  'observed_at',
  'confirmed_at',
]

const isSameOwner = 'activities.athlete_id = excluded.athlete_id'

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** The value of Strava's older field `type` for the sport of the stored row. */
const legacyType = `case activities.sport_type ${Object.entries(LEGACY_TYPE_OF)
  .map(([sport, type]) => `when ${quoted(sport)} then ${quoted(type)}`)
  .join(' ')} else ${quoted(OTHER_LEGACY_TYPE)} end`

/** A document that has only the older field `type` does not overwrite a finer sport type that maps to the same `type`. */
const sportType = `case when coalesce(excluded.summary, excluded.detail)->>'sport_type' is null
  and excluded.sport_type = ${legacyType} then activities.sport_type else excluded.sport_type end`

/**
 * Columns that summary and detail both contain, without those that Strava rounds differently in the two. A change of one of
 * them in a summary shows that the stored detail is outdated.
 */
const SHARED_COLUMNS = [
  ...['name', 'start_at', 'utc_offset_seconds', 'distance_meters', 'moving_time_seconds'],
  ...['elapsed_time_seconds', 'elevation_gain_meters', 'private', 'manual'],
]
const tupleOf = (table: string, sport: string) =>
  `(${[sport, ...SHARED_COLUMNS.map((column) => `${table}.${column}`)].join(', ')})`
const isUnchanged = `${tupleOf('activities', 'activities.sport_type')} is not distinct from ${tupleOf('excluded', sportType)}`

/**
 * A summary keeps the stored detail, unless it shows that the detail is outdated: then the detail is dropped, to be fetched
 * again. A detail keeps the stored summary. When the owner changes, nothing of the former owner's data is kept.
 */
const assignments = sql.join(
  [
    ...OVERWRITTEN_COLUMNS.map((column) => sql.raw(`${column} = excluded.${column}`)),
    sql.raw(`sport_type = ${sportType}`),
    sql.raw(`summary = coalesce(excluded.summary, case when ${isSameOwner} then activities.summary end)`),
    ...['detail', 'detail_at'].map((column) =>
      sql.raw(
        `${column} = coalesce(excluded.${column}, case when ${isSameOwner} and ${isUnchanged} then activities.${column} end)`,
      ),
    ),
    ...['detail_failed_at', 'viewed_at', 'resync_run'].map((column) =>
      sql.raw(`${column} = case when ${isSameOwner} then activities.${column} end`),
    ),
    sql.raw(`event_time = case when ${isSameOwner} then activities.event_time else 0 end`),
    sql.raw('hidden_at = null'),
    sql.raw('missing_since = null'),
  ],
  sql.raw(', '),
)

/** The columns that clients see. */
const shownColumns =
  sql.raw(`id, athlete_id, name, sport_type, start_at, utc_offset_seconds, time_zone, distance_meters,
  moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, average_speed, average_heart_rate, private, manual,
  summary_polyline, confirmed_at, detail is not null as has_detail`)

/** A written row whose client-visible columns changed. `is_new`: it was absent, hidden or another athlete's before. */
type Written = {
  is_new: boolean
  id: StravaId
  athlete_id: StravaId
  name: string
  sport_type: string
  start_at: string
  utc_offset_seconds: number
  time_zone: string | null
  distance_meters: number
  moving_time_seconds: number
  elapsed_time_seconds: number
  elevation_gain_meters: number
  average_speed: number | null
  average_heart_rate: number | null
  private: boolean
  manual: boolean
  summary_polyline: string | null
  confirmed_at: string
  has_detail: boolean
}

const rowOf = (row: Written): ActivityRow => ({
  id: row.id,
  athleteId: row.athlete_id,
  name: row.name,
  sportType: row.sport_type,
  startAt: new Date(row.start_at),
  utcOffsetSeconds: row.utc_offset_seconds,
  timeZone: row.time_zone,
  distanceMeters: row.distance_meters,
  movingTimeSeconds: row.moving_time_seconds,
  elapsedTimeSeconds: row.elapsed_time_seconds,
  elevationGainMeters: row.elevation_gain_meters,
  averageSpeed: row.average_speed,
  averageHeartRate: row.average_heart_rate,
  private: row.private,
  manual: row.manual,
  summaryPolyline: row.summary_polyline,
  confirmedAt: new Date(row.confirmed_at),
  hasDetail: row.has_detail,
})
