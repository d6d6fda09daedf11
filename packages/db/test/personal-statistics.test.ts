import { testDatabase } from '@ikigai/testkit'
import postgres from 'postgres'
import t from 'tap'
import { migrate } from '../src/index.ts'

t.test('statistics of the planner: no name, picture or document of an athlete', async (t) => {
  const { url } = await testDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(() => sql.end())
  await sql`
    insert into athletes (id, username, first_name, last_name, profile_url, scopes, connected_at)
    select n, 'personal' || n % 2, 'personal' || n % 2, 'personal', 'https://personal.example/' || n % 2, '{read}', now()
    from generate_series(1, 50) n`
  await sql`
    insert into activities (id, athlete_id, name, sport_type, start_at, utc_offset_seconds, distance_meters,
      moving_time_seconds, elapsed_time_seconds, elevation_gain_meters, private, manual, summary_polyline, summary,
      detail, observed_at, confirmed_at)
    select n, n, 'personal', 'Run', now(), 0, 1, 1, 1, 1, false, false, 'personal', '{"name":"personal"}',
      '{"name":"personal"}', now(), now()
    from generate_series(1, 50) n`
  await sql`
    insert into outbox (athlete_id, subject, message_id, headers, body)
    select n, 'subject', n::text, '{"name":"personal"}', '{"name":"personal"}' from generate_series(1, 50) n`
  const kept = async () => {
    await sql`analyze`
    const rows = await sql<{ col: string }[]>`
      select tablename || '.' || attname as col from pg_stats where schemaname = 'public'
        and concat(most_common_vals::text, histogram_bounds::text, most_common_elems::text) like '%personal%'`
    return rows.map(({ col }) => col)
  }
  t.same(await kept(), [])
  await sql`alter table athletes alter column first_name set statistics 100`
  t.same(await kept(), ['athletes.first_name'], 'which would be found')
  await migrate(url)
  const [row] = await sql<[{ target: number }]>`
    select attstattarget as target from pg_attribute
    where attrelid = 'athletes'::regclass and attname = 'first_name'`
  t.equal(row.target, 0, 'set again')
})
