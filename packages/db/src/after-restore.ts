import type postgres from 'postgres'

/** Longer than the lifetime of any session or token (30 days). */
const LONGEST_SESSION = '31 days'
/** All grants are verified within this time after a restore, with one request to Strava each. */
const VERIFY_WITHIN = '1 hour'

/**
 * Ends restored access, once for each restore recorded in `restores`: every session, every app's connection and every personal
 * access token, because those ended since the backup cannot be distinguished from the others. Requests the verification of
 * every grant, because an athlete may have disconnected meanwhile.
 *
 * Part of the migration, so that it is done before any service of the release starts.
 *
 * @returns whether there was a restore
 */
export async function endRestoredAccess(sql: postgres.TransactionSql): Promise<boolean> {
  const restored = await sql`
    update public.restores set access_ended_at = now() where access_ended_at is null returning id::text`
  const [last] = restored
  if (last === undefined) return false
  // One row ends all sessions issued until now, also those of athletes who are not in the backup.
  await sql`
    insert into public.session_revocations (id, revoked_at, expires_at)
    values (${`restore:${last['id']}`}, now(), now() + ${LONGEST_SESSION}::interval)
    on conflict (id) do nothing`
  await sql`delete from public.app_codes`
  await sql`delete from public.app_connections`
  await sql`delete from public.personal_tokens`
  await sql`
    insert into public.grant_verifications (athlete_id, requested_at, not_before)
    select athlete_id, now(), now() + ${VERIFY_WITHIN}::interval * (row_number() over (order by athlete_id) - 1) / count(*) over ()
    from public.grants
    on conflict (athlete_id) do update
    set requested_at = excluded.requested_at, not_before = excluded.not_before, leased_until = null, attempts = 0`
  return true
}
