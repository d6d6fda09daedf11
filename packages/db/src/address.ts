import { parseDatabaseUrl } from '@ikigai/chassis/config'
import type { Options, PostgresType } from 'postgres'
import { PINNED, SESSION_SETTINGS, trackedByPoolers } from './pinned.ts'
import { saslPrepared } from './sasl-prep.ts'

/** Options of postgres.js for a client without custom types. */
type ClientOptions = Options<Record<string, PostgresType>>

/** Parameters of the URL for the client, not for the server. */
const OF_CLIENT = new Set(['ssl', 'sslmode', 'sslrootcert', 'prepare', 'pooler', 'target_session_attrs'])

/** Whether the connection goes through a pooler in transaction mode, where session settings do not last. */
export const isPooled = (url: string): boolean => parseDatabaseUrl(url).parameters['pooler'] !== undefined

/**
 * Connection options for a database URL, with `name` for `pg_stat_activity` and our session settings, which override those
 * of the URL, the database and the role. `settings`: `service` has deadlines, `bare` none.
 *
 * @throws AddressError, whose message contains no part of the URL
 */
export function connectionTo(
  url: string,
  name: string,
  settings: 'service' | 'bare' = 'bare',
): ClientOptions {
  const { hosts, user, password, database, parameters } = parseDatabaseUrl(url)
  const wanted = settings === 'service' ? SESSION_SETTINGS : PINNED
  const options: ClientOptions = {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password: saslPrepared(password) }),
    ...(database === undefined ? {} : { database }),
    ...encryption(parameters),
    ...(parameters['prepare'] === 'false' ? { prepare: false } : {}),
    connect_timeout: 10,
    onnotice: () => {},
  }
  // What the driver's types lack. Lists of hosts: it would split IPv6 addresses in a text at their colons. Text as the value of each
  // parameter: it leaves out `false`.
  return Object.assign(options, {
    connection: {
      ...serverParameters(parameters, wanted),
      ...(isPooled(url) ? trackedByPoolers(wanted) : wanted),
      application_name: name,
    },
    host: hosts.map(({ host }) => host),
    port: hosts.map(({ port }) => port),
    ...targetOf(parameters),
  })
}

/** Server parameters of the URL, without those that our settings override. */
function serverParameters(
  parameters: Readonly<Record<string, string>>,
  pinned: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(pinned).map((name) => name.toLowerCase()))
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => !OF_CLIENT.has(name) && !names.has(name.toLowerCase())),
  )
}

/** The required kind of host: `read-write`, `primary` … The driver checks the value. */
const targetOf = ({ target_session_attrs: target }: Readonly<Record<string, string>>) =>
  target === undefined ? {} : { target_session_attrs: target }

const SSL_MODES: Readonly<Record<string, NonNullable<ClientOptions['ssl']>>> = {
  true: true,
  false: false,
  disable: false,
  allow: 'allow',
  prefer: 'prefer',
  require: 'require',
  'verify-full': 'verify-full',
}

function encryption(parameters: Readonly<Record<string, string>>): Pick<ClientOptions, 'ssl'> {
  const { ssl: word = '', sslmode = word, sslrootcert } = parameters
  const ssl = sslrootcert === 'system' ? 'verify-full' : SSL_MODES[sslmode]
  return ssl === undefined ? {} : { ssl }
}
