/**
 * Session settings that change the meaning of statements or the format of values, and that a server, a database or a role may
 * set differently. Canonical values, as in `pg_settings`.
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
  default_transaction_read_only: 'off',
} as const

/** Time-outs (ms), so that no lock or lost backend blocks a request for ever. */
const DEADLINES = {
  statement_timeout: '15000',
  lock_timeout: '10000',
  idle_in_transaction_session_timeout: '20000',
} as const

/** All session settings of a service. */
export const SESSION_SETTINGS = {
  ...PINNED,
  ...DEADLINES,
  plan_cache_mode: 'force_generic_plan',
  random_page_cost: '1.1',
} as const

/** Startup parameters that PgBouncer tracks and applies to each server connection. */
const TRACKED_BY_POOLERS = new Set<string>([
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'standard_conforming_strings',
])

/** Those of `settings` that a pooler in transaction mode accepts. */
export const trackedByPoolers = (settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => TRACKED_BY_POOLERS.has(name)))

/** Statements that set `SESSION_SETTINGS` for a role in a database; names are quoted already. */
export const roleSettings = (role: string, database: string): readonly string[] =>
  Object.entries(SESSION_SETTINGS)
    .filter(([name]) => !TRACKED_BY_POOLERS.has(name))
    .map(([name, value]) => `alter role ${role} in database ${database} set ${name} = '${value}'`)
