/**
 * Settings of a session that change what statements mean or how values are written; a server, a database or a role may
 * have others. Canonical, as `pg_settings` gives them.
 */
export const PINNED = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  search_path: 'public',
  default_transaction_isolation: 'read committed',
} as const

/** Every statement has a deadline (ms), so that no lock or lost backend holds a request for ever. */
const DEADLINES = {
  statement_timeout: '15000',
  lock_timeout: '10000',
  idle_in_transaction_session_timeout: '20000',
} as const

/** All that a service's session is to have. */
export const SESSION_SETTINGS = {
  ...PINNED,
  ...DEADLINES,
  plan_cache_mode: 'force_generic_plan',
} as const

/** Startup parameters that PgBouncer tracks and applies to each server connection. */
const TRACKED_BY_POOLERS = new Set<string>([
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'standard_conforming_strings',
])

/** Those of `settings` that a pooler in transaction mode takes. */
export const trackedByPoolers = (settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => TRACKED_BY_POOLERS.has(name)))

/** Statements that give a role `SESSION_SETTINGS` in a database; names are quoted already. */
export const roleSettings = (role: string, database: string): readonly string[] =>
  Object.entries(SESSION_SETTINGS)
    .filter(([name]) => !TRACKED_BY_POOLERS.has(name))
    .map(([name, value]) => `alter role ${role} in database ${database} set ${name} = '${value}'`)
