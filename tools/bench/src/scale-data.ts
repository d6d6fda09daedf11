import type postgres from 'postgres'

/** Size of the data. */
export interface Size {
  readonly athletes: number
  readonly activities: number
}

/** The measured athletes: the same at every size, with the same number of activities each. */
export const MEASURED = { first: 1, count: 80, activities: 100 }
/** Ids of activities that the measurement adds. */
export const FIRST_NEW_ACTIVITY = 900_000_000_000

/** Constant fields of Strava's SummaryActivity, of about its real length. */
const REST = JSON.stringify({
  resource_state: 2,
  athlete: { id: 134_815, resource_state: 1 },
  type: 'Run',
  sport_type: 'Run',
  timezone: '(GMT+01:00) Europe/Copenhagen',
  utc_offset: 3_600,
  location_city: null,
  location_state: null,
  location_country: 'Denmark',
  achievement_count: 3,
  kudos_count: 12,
  comment_count: 1,
  athlete_count: 1,
  photo_count: 0,
  trainer: false,
  commute: false,
  manual: false,
  private: false,
  visibility: 'everyone',
  flagged: false,
  gear_id: 'g12345678987655',
  start_latlng: [55.676, 12.568],
  end_latlng: [55.677, 12.569],
  average_speed: 3.4,
  max_speed: 5.1,
  average_cadence: 83.1,
  has_heartrate: true,
  average_heartrate: 151.2,
  max_heartrate: 178,
  heartrate_opt_out: false,
  display_hide_heartrate_option: true,
  elev_high: 42.6,
  elev_low: 1.8,
  upload_id: 12_345_678_987,
  upload_id_str: '12345678987',
  external_id: 'garmin_push_12345678987',
  from_accepted_tag: false,
  pr_count: 0,
  total_photo_count: 0,
  has_kudoed: false,
  workout_type: 0,
})

/** A summary of Strava's for the benchmark to store. */
export const documentOf = (id: number, athleteId: string, startMs: number, name = 'Evening Run') => ({
  id: String(id),
  athleteId,
  raw: JSON.stringify({
    ...JSON.parse(REST),
    id,
    name,
    distance: 10_234.5,
    moving_time: 3_012,
    elapsed_time: 3_120,
    total_elevation_gain: 84,
    start_date: new Date(startMs).toISOString(),
    map: { id: `a${id}`, summary_polyline: 'abc'.repeat(150), resource_state: 2 },
  }),
})

/** Adds athletes with complete histories up to a size. The first 80 of them have 100 activities each, the others share the rest. */
export async function growTo(sql: postgres.Sql, before: Size, { athletes, activities }: Size): Promise<void> {
  const from = before.athletes + 1
  await sql`
    insert into athletes (id, scopes, connected_at, strava_created_at)
    select id, '{read,activity:read_all}', now() - interval '1 day', now() - interval '3 years'
    from generate_series(${from}::bigint, ${athletes}::bigint) id`
  await sql`
    insert into imports (athlete_id, state, pages, connected_at, started_at, updated_at, completed_at)
    select id, 'complete', 3, date_trunc('milliseconds', connected_at), now() - interval '1 day',
      now() - interval '1 day', now() - interval '1 day'
    from athletes where id >= ${from}`
  await sql`
    insert into resyncs (athlete_id, generation, started_at, updated_at, due_at)
    select id, 1, now() - interval '1 day', now() - interval '1 day', now() + interval '3 days'
    from athletes where id >= ${from}`
  await sql`
    insert into fetch_queue (lane, athlete_id, queued_at) select 'enrich', id, now() from athletes where id >= ${from}`
  const own = MEASURED.count * MEASURED.activities
  // Each activity of the measured ones, and then in turn one of each of the others.
  await sql`
    insert into activities (id, athlete_id, name, sport_type, start_at, utc_offset_seconds, time_zone, distance_meters,
      moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, average_speed, private, manual, summary_polyline,
      summary, observed_at, confirmed_at)
    select n,
      case when n <= ${own} then 1 + (n - 1) % ${MEASURED.count}::int
        else ${MEASURED.count}::int + 1 + n % ${athletes - MEASURED.count}::int end,
      'Evening Run', case when n % 7 < 4 then 'Run' else 'Ride' end, now() - n % 1000 * interval '1 day', 3600,
      'Europe/Copenhagen', 10000 + n % 1000, 3000, 3100, 80, 3.4, false, false, repeat(md5(n::text), 14),
      ${REST}::text::jsonb || jsonb_build_object('id', n, 'name', 'Evening Run', 'map',
        jsonb_build_object('id', 'a' || n, 'summary_polyline', repeat(md5(n::text), 14))),
      now() - interval '1 day', now() - interval '1 day'
    from generate_series(${before.activities + 1}::bigint, ${activities}::bigint) n`
  await sql`vacuum analyze`
}
