import { testDatabase, testRoles } from '@ikigai/testkit'
import postgres from 'postgres'
import t from 'tap'
import { MigrationMismatchError, migrate } from '../src/index.ts'

const database = await testDatabase(t)
const { gateway } = await testRoles(t, database)
const sql = postgres(database.url, { max: 1 })
t.teardown(() => sql.end())

await sql`insert into athletes (id, scopes, connected_at) select n, '{read}', now() from generate_series(1, 4) n`
await sql`
  insert into grants (athlete_id, sealed_access_token, sealed_refresh_token, expires_at, refreshed_at)
  select id, 'a', 'r', now(), now() from athletes`
await sql`insert into apps (id, name, redirect_uris, origins, scopes, created_at) values ('app', 'x', '{}', '{}', '{}', now())`
await sql`
  insert into app_connections (id, app_id, athlete_id, scopes, connected_at, last_used_at, expires_at)
  values ('c', 'app', 1, '{}', now(), now(), now() + interval '1 day')`
await sql`insert into app_refresh_tokens (token_hash, connection_id, expires_at) values ('h', 'c', now())`
await sql`
  insert into personal_tokens (id, token_hash, athlete_id, name, scopes, created_at, expires_at)
  values ('p', 'h', 2, 'script', '{}', now(), now())`
await sql`insert into grant_verifications (athlete_id, not_before, attempts) values (3, now() + interval '50 minutes', 4)`

const left = async () => {
  const [row] = await sql<[{ connections: number; refresh: number; personal: number; revocations: number }]>`
    select (select count(*)::int from app_connections) as connections, (select count(*)::int from app_refresh_tokens) as refresh,
      (select count(*)::int from personal_tokens) as personal,
      (select count(*)::int from session_revocations where session_id is null and athlete_id is null) as revocations`
  return row
}

t.test('restore: a migration without one ends nothing', async (t) => {
  await migrate(database.url)
  t.match(await left(), { connections: 1, refresh: 1, personal: 1, revocations: 0 })
})

t.test('restore: no service starts before the migration has ended what came back', async (t) => {
  await sql`insert into restores default values`
  await t.rejects(migrate(gateway, { waitMs: 1 }), {
    name: MigrationMismatchError.name,
    exitCode: 1,
    message: /was restored from a backup/,
  })
})

t.test('restore: sessions and tokens end, and every grant is verified within the hour, once', async (t) => {
  await Promise.all([migrate(database.url), migrate(database.url)])
  t.match(await left(), { connections: 0, refresh: 0, personal: 0, revocations: 1 })
  const rows = await sql<{ athlete_id: string; minutes: number; attempts: number }[]>`
    select athlete_id, attempts, round(extract(epoch from not_before - requested_at) / 60)::int as minutes
    from grant_verifications order by athlete_id`
  t.same(
    rows.map(({ minutes, attempts }) => [minutes, attempts]),
    [
      [0, 0],
      [15, 0],
      [30, 0],
      [45, 0],
    ],
    'spread, also for one that was asked for before',
  )
  await migrate(gateway, { waitMs: 1 })
  await sql`delete from grant_verifications`
  await migrate(database.url)
  t.equal((await sql`select from grant_verifications`).length, 0, 'once for each restore')
})
