import postgres from 'postgres'
import { eventually } from './eventually.ts'
import type { TestContext } from './test-context.ts'
import { testDatabase } from './test-database.ts'

/** A database with enough athletes and activities that a sequential scan is never the cheapest plan. */
export interface CrowdedDatabase {
  readonly url: string
  /** Athletes have the ids from 1 to this number. */
  readonly athletes: number
  /**
   * Tables with many rows of which sequential scans have read as many rows as there are athletes, or more, since the last call.
   * All connections with this application name must be closed or be about to close: what one has counted is known at its end.
   */
  tablesReadWhole(applicationName: string): Promise<readonly string[]>
}

const ATHLETES = 3_000
const ACTIVITIES = 30_000
const FILLER = 'crowded-database'
const CROWDED = ['athletes', 'activities', 'imports', 'resyncs', 'fetch_queue', 'activity_tombstones']

/**
 * Makes one. Of each athlete: a complete import, an idle resync, a place in the lane `enrich`, ten activities.
 * @param whileEmpty called before the database is filled; then its statistics are those of an empty one
 */
export async function crowdedDatabase(
  t: TestContext,
  whileEmpty?: (url: string) => Promise<void>,
): Promise<CrowdedDatabase> {
  const { url } = await testDatabase(t)
  await whileEmpty?.(url)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(() => sql.end())
  // A connection of its own: the rows that filling has read are counted at its end at the latest, and must not be counted later.
  const filler = postgres(url, { max: 1, onnotice: () => {}, connection: { application_name: FILLER } })
  await fill(filler)
  if (whileEmpty === undefined) await filler`vacuum analyze`
  await filler.end()
  await closed(sql, FILLER)
  let before = await rowsRead(sql)
  return {
    url,
    athletes: ATHLETES,
    async tablesReadWhole(applicationName) {
      await closed(sql, applicationName)
      const now = await rowsRead(sql)
      const read = Object.entries(now).map(([table, count]) => [table, count - (before[table] ?? 0)] as const)
      before = now
      return read.flatMap(([table, count]) => (count >= ATHLETES ? [table] : []))
    },
  }
}

/** Resolves when the connections of that name are closed, so that the server has their counts. */
const closed = (sql: postgres.Sql, applicationName: string) =>
  eventually(async () => {
    const rows = await sql`
      select from pg_stat_activity where datname = current_database() and application_name = ${applicationName}`
    return rows.length === 0
  })

async function fill(sql: postgres.Sql): Promise<void> {
  await sql`
    insert into athletes (id, scopes, connected_at, strava_created_at)
    select id, '{read,activity:read_all}', now() - interval '1 day', now() - interval '3 years'
    from generate_series(1, ${ATHLETES}::bigint) id`
  await sql`
    insert into imports (athlete_id, state, pages, connected_at, started_at, updated_at, completed_at)
    select id, 'complete', 3, date_trunc('milliseconds', connected_at), now(), now() - interval '1 hour', now() from athletes`
  await sql`
    insert into resyncs (athlete_id, generation, started_at, updated_at, due_at)
    select id, 1, now(), now() - interval '1 hour', now() + interval '3 days' from athletes`
  await sql`insert into fetch_queue (lane, athlete_id, queued_at) select 'enrich', id, now() from athletes`
  await sql`
    insert into activities (id, athlete_id, name, sport_type, start_at, utc_offset_seconds, distance_meters,
      moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, private, manual, observed_at, confirmed_at)
    select n, 1 + n % ${ATHLETES}, 'Run', 'Run', now() - n % 1000 * interval '1 day', 0, n % 10000, 600, 600, 10,
      n % 5 = 0, false, now() - interval '1 hour', now() - interval '1 hour'
    from generate_series(1, ${ACTIVITIES}::bigint) n`
  await sql`
    insert into activity_tombstones (activity_id, athlete_id, event_time, recorded_at)
    select 1000000 + n, 1 + n % ${ATHLETES}, 0, now() - interval '1 hour'
    from generate_series(1, ${ACTIVITIES}::bigint) n`
}

async function rowsRead(sql: postgres.Sql): Promise<Record<string, number>> {
  const rows =
    await sql`select relname, seq_tup_read::int as rows from pg_stat_user_tables where relname in ${sql(CROWDED)}`
  return Object.fromEntries(rows.map(({ relname, rows: read }) => [String(relname), Number(read)]))
}
