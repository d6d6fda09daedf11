/** Users of the database besides its owner: the services, and the operators' command line. */
export const DATABASE_USERS = ['gateway', 'auth', 'ingest', 'fetcher', 'operator'] as const

/** One of {@link DATABASE_USERS}. */
export type DatabaseUser = (typeof DATABASE_USERS)[number]

/**
 * Postgres' privileges, and two narrower ones. `ids`: read only the column `id`. `lock`: lock rows, and update only the column
 * `id`, whose change foreign keys reject while it is referenced.
 */
export type TablePrivilege = 'select' | 'insert' | 'update' | 'delete' | 'ids' | 'lock'

const READ = ['select'] as const
const WRITE = ['select', 'insert', 'update', 'delete'] as const
const QUEUE = ['select', 'insert', 'delete'] as const
const LOCK = ['select', 'lock'] as const

/**
 * Privileges of each user on each table; Postgres denies everything else. Each table has one service that writes it, except
 * the outbox and the budgets of auth and the fetcher. Deleting an athlete's rows by cascade needs no privilege.
 */
export const TABLE_PRIVILEGES: Readonly<
  Record<string, Readonly<Partial<Record<DatabaseUser, readonly TablePrivilege[]>>>>
> = {
  athletes: { auth: WRITE, fetcher: ['select', 'lock'], gateway: READ, ingest: ['ids'], operator: READ },
  grants: { auth: WRITE },
  grant_verifications: { fetcher: WRITE, operator: READ },
  session_revocations: { auth: WRITE, gateway: READ, operator: READ },
  apps: { auth: WRITE, gateway: READ },
  app_codes: { auth: WRITE },
  app_connections: { auth: WRITE, gateway: READ },
  app_refresh_tokens: { auth: WRITE },
  personal_tokens: { auth: WRITE, gateway: READ },
  pending_erasures: { auth: WRITE },
  invitations: { auth: ['select', 'update'], operator: ['select', 'insert', 'delete'] },
  allowed_athletes: { auth: ['select', 'delete'], operator: ['select', 'insert', 'delete'] },
  capacity_refusals: { auth: WRITE, gateway: READ, operator: READ },
  restores: {
    gateway: READ,
    auth: ['select', 'update'],
    ingest: READ,
    fetcher: READ,
    operator: ['select', 'insert'],
  },
  backups: { fetcher: READ, operator: ['select', 'insert'] },
  teams: { fetcher: READ, operator: WRITE },
  seen_streams: { fetcher: ['select', 'insert', 'update'], operator: READ },
  schema_minimum: { gateway: READ, auth: READ, ingest: READ, fetcher: READ, operator: READ },
  activities: { fetcher: WRITE, gateway: READ, operator: READ },
  activity_tombstones: { fetcher: WRITE, operator: READ },
  resyncs: { fetcher: WRITE, gateway: READ, operator: ['select', 'update'] },
  processed_events: { fetcher: WRITE, operator: READ },
  catch_ups: { fetcher: WRITE, operator: READ },
  budgets: { auth: ['select', 'insert', 'update'], fetcher: WRITE, operator: READ },
  imports: { fetcher: ['select', 'insert', 'update'], gateway: READ, operator: READ },
  fetch_queue: { fetcher: WRITE, gateway: READ, operator: READ },
  wanted_activities: { fetcher: WRITE, gateway: READ, operator: READ },
  athlete_presence: { fetcher: WRITE, gateway: READ, operator: READ },
  quota_ledger: { fetcher: ['select', 'insert', 'update'], gateway: READ, operator: READ },
  arrivals: { fetcher: WRITE, operator: READ },
  outbox: { auth: QUEUE, fetcher: QUEUE, operator: READ },
  outbox_locks: { auth: LOCK, fetcher: LOCK },
  auth_locks: { auth: LOCK },
  ingest_locks: { ingest: LOCK },
  // The callback address contains the webhook's secret.
  webhook_subscriptions: { ingest: WRITE, operator: ['ids'] },
  webhook_outages: {
    ingest: ['select', 'insert', 'update'],
    fetcher: ['select', 'insert', 'update'],
    operator: READ,
  },
}
