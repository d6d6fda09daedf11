import { athletes, capacityRefusals, type Db, grantVerifications, restores } from '@ikigai/db'
import { desc, sql } from 'drizzle-orm'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'

/** Share of connections in use above which another replica may not get enough. */
const CROWDED = 0.8
/** Age (seconds) of the oldest message above which the outbox is stuck. */
const OUTBOX_STUCK_SECONDS = 120
/** Our clock and the database's may differ by this much (ms). */
const MAX_CLOCK_DIFFERENCE_MS = 2_000

type ServerRow = {
  version: string
  used: number
  max: number
  now_ms: number
  size: string
  database: string
}

/** Version, connections, clock and size of PostgreSQL. */
export async function databaseFindings(
  db: Db,
  now: () => number,
  athleteLimit?: number,
): Promise<readonly Finding[]> {
  const before = now()
  const [row] = await db.execute<ServerRow>(sql`
    select current_setting('server_version') as version, current_setting('max_connections')::int as max,
      (select count(*)::int from pg_stat_activity where datid is not null) as used,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms,
      pg_size_pretty(pg_database_size(current_database())) as size, current_database() as database`)
  if (row === undefined) return [failed('PostgreSQL', 'it returned no row', 'See its log.')]
  const difference = Math.round((before + now()) / 2 - Number(row.now_ms))
  return [
    ok('PostgreSQL', `${row.version}, database ${row.database}, ${row.size}`),
    connectionsFinding(row.used, row.max),
    Math.abs(difference) > MAX_CLOCK_DIFFERENCE_MS
      ? failed(
          'database’s clock',
          `differs from this machine’s by ${difference} ms`,
          'Set both by NTP. While they disagree, no data expires.',
        )
      : ok('database’s clock', `differs by ${difference} ms`),
    ...(await outboxFindings(db)),
    ...(await grantFindings(db)),
    await capacityFinding(db, athleteLimit),
    ...(await restoreFindings(db)),
  ]
}

export function connectionsFinding(used: number, max: number): Finding {
  const detail = `${used} of ${max} in use`
  return used / max > CROWDED
    ? warning('connections', detail, 'Raise max_connections, or lower DATABASE_POOL_SIZE of the services.')
    : ok('connections', detail)
}

async function outboxFindings(db: Db): Promise<readonly Finding[]> {
  const [row] = await db.execute<{ waiting: number; oldest_seconds: number }>(sql`
    select count(*)::int as waiting, coalesce(extract(epoch from now() - min(created_at)), 0)::int as oldest_seconds
    from outbox`)
  const { waiting = 0, oldest_seconds: oldest = 0 } = row ?? {}
  const detail = `${waiting} messages wait, the oldest for ${oldest} s`
  return [
    oldest > OUTBOX_STUCK_SECONDS
      ? failed('outbox', detail, 'Check that NATS is up and the stream EVENTS is not full.')
      : ok('outbox', detail),
  ]
}

async function grantFindings(db: Db): Promise<readonly Finding[]> {
  const rows = await db.execute<{ grant_state: string; athletes: number }>(sql`
    select grant_state, count(*)::int as athletes from athletes group by grant_state order by grant_state`)
  const all = rows.reduce((sum, { athletes }) => sum + athletes, 0)
  const dead = rows.filter(({ grant_state: state }) => state !== 'active')
  const ended = dead.reduce((sum, { athletes }) => sum + athletes, 0)
  return [ok('athletes', ended === 0 ? `${all}` : `${all}, of whom ${ended} must connect again`)]
}

/** Share of taken places at Strava above which the check warns. */
const FEW_PLACES = 0.8

/** Whether more athletes may connect to the application. */
async function capacityFinding(db: Db, limit: number | undefined): Promise<Finding> {
  const connected = await db.$count(athletes)
  const [refusal] = await db.select().from(capacityRefusals)
  const advice =
    'Get more at https://www.strava.com/settings/api and raise STRAVA_ATHLETE_LIMIT, or erase athletes who no longer use it.'
  if (refusal !== undefined)
    return warning(
      'athlete places',
      `Strava refused an athlete on ${refusal.refusedAt.toISOString()}, when ${refusal.connected} were connected`,
      advice,
    )
  if (limit === undefined)
    return skipped(
      'athlete places',
      'STRAVA_ATHLETE_LIMIT is not set: Strava shows the limit in its dashboard',
    )
  const detail = `${connected} of ${limit} taken`
  return connected >= limit * FEW_PLACES && (limit > 1 || connected > limit)
    ? warning('athlete places', detail, advice)
    : ok('athlete places', detail)
}

/** Whether the steps after the last restore are done; no finding without a restore. */
async function restoreFindings(db: Db): Promise<readonly Finding[]> {
  const [last] = await db.select().from(restores).orderBy(desc(restores.id)).limit(1)
  if (last === undefined) return []
  const detail = `from a backup on ${last.restoredAt.toISOString()}`
  if (last.accessEndedAt === null)
    return [failed('restored', `${detail}; sessions are not ended yet`, 'Run the migration.')]
  if (last.erasuresAppliedAt === null)
    return [
      failed('restored', `${detail}; erasures are not applied again yet`, 'Start auth; its log says why.'),
    ]
  const unverified = await db.$count(grantVerifications)
  return [ok('restored', unverified === 0 ? detail : `${detail}; ${unverified} grants are being verified`)]
}
