import type { Activity, ActivityPage, Athlete, ImportStatus } from '@ikigai/contracts'
import type { ServiceStatus } from '../queries/schemas.ts'

const ACTIVITY: Activity = {
  id: '9007199254740993',
  athlete_id: '134815',
  name: 'Evening Run',
  sport_type: 'Run',
  start_time: '2026-06-14T18:30:00+02:00',
  time_zone: 'Europe/Copenhagen',
  distance_meters: 10_234.5,
  moving_time_seconds: 3_012,
  elapsed_time_seconds: 3_120,
  elevation_gain_meters: 84,
  average_speed_meters_per_second: 3.398,
  average_heart_rate_bpm: 151.2,
  private: false,
  manual: false,
  summary_polyline: '_p~iF~ps|U_ulLnnqC_mqNvxq`@',
  has_detail: false,
  strava_url: 'https://www.strava.com/activities/9007199254740993',
  confirmed_at: '2026-06-15T12:00:00.000Z',
}

const PAGE: ActivityPage = { data: [ACTIVITY], next_cursor: 'YWN0aXZpdGllcy4yOi1zdGFydF90aW1l' }

const ATHLETE: Athlete = {
  id: '134815',
  username: 'ada_runs',
  first_name: 'Ada',
  last_name: 'Runner',
  profile_url: null,
  scopes: ['read', 'activity:read_all'],
  grant: 'active',
  connection: { state: 'active', erased_at: null },
  connected_at: '2026-06-14T12:00:00.000Z',
}

const IMPORT: ImportStatus = {
  athlete_id: '134815',
  state: 'running',
  activities_stored: 400,
  pages_fetched: 2,
  oldest_start_time: '2024-03-01T07:10:00+01:00',
  activities_expected: 1_750,
  queue_position: 3,
  eta: '2026-06-15T12:30:02.000Z',
  eta_latest: null,
  eta_reason: null,
  eta_change: {
    at: '2026-06-15T12:08:00.000Z',
    from: '2026-06-15T12:16:00.000Z',
    reason: 'busier',
  },
  waiting: {
    reason: 'quota_15min',
    until: '2026-06-15T12:15:02.000Z',
    detail: "Strava's limit for this quarter of an hour is spent.",
  },
  started_at: '2026-06-15T12:00:00.000Z',
  updated_at: '2026-06-15T12:04:11.000Z',
  completed_at: null,
}

const STATUS: ServiceStatus = {
  windows: [
    { window: '15min', counter: 'read', limit: 100, used: 64, resets_at: '2026-06-15T12:15:02.000Z' },
    { window: 'day', counter: 'read', limit: 1_000, used: 412, resets_at: '2026-06-16T00:00:02.000Z' },
  ],
  lanes: [{ lane: 'backfill', queued: 12, waiting: null }],
  strava: { state: 'available', until: null },
  history: [{ window_start: '2026-06-15T11:45:00.000Z', used: 97, limit: 100 }],
  as_of: '2026-06-15T12:04:11.000Z',
  sign_up: 'open',
}

/** Example answers by schema name. */
export const EXAMPLES: Readonly<Record<string, object>> = {
  Activity: ACTIVITY,
  ActivityPage: PAGE,
  ActivityWithDetail: { ...ACTIVITY, detail: null },
  RandomActivity: { ...ACTIVITY, detail: null },
  Athlete: ATHLETE,
  ImportStatus: IMPORT,
  ServiceStatus: STATUS,
}
