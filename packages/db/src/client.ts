import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { withPreparedStatements } from './prepared-statements.ts'
import * as schema from './schema/index.ts'

/** Drizzle over ikigai's schema. */
export type Db = PostgresJsDatabase<typeof schema>

/** A transaction of {@link Db}: inside one, nothing else may be asked (the pool has no acquire time-out). */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

/** A pool of connections and the Drizzle client over it. */
export interface Database {
  readonly db: Db
  /** Resolves when Postgres answers. Rejects when it does not. */
  ping(): Promise<void>
  /** Ends the pool; queries under way get `timeoutSeconds` (5) to end. */
  close(): Promise<void>
}

/** How a service uses Postgres. */
export interface DatabaseOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly name: string
  /** Connections at most; 5 by default. */
  readonly max?: number
}

/**
 * Opens a pool; connects with the first query.
 * Every statement has a deadline, so that no lock or lost backend holds a request for ever.
 */
export function openDatabase({ url, name, max = 5 }: DatabaseOptions): Database {
  const client = postgres(url, {
    max,
    connect_timeout: 10,
    idle_timeout: 60,
    // Drizzle reads and writes arrays itself: no connection need ask for their types.
    fetch_types: false,
    onnotice: () => {},
    // Left as text: numbers beyond 2^53 keep their digits. Drizzle parses its own jsonb columns itself.
    types: {
      json: { to: 114, from: [114, 3802], serialize: (text: string) => text, parse: (text: string) => text },
    },
    connection: {
      application_name: name,
      plan_cache_mode: 'force_generic_plan',
      statement_timeout: 15_000,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 20_000,
    },
  })
  return {
    db: drizzle(withPreparedStatements(client), { schema }),
    ping: async () => {
      await client`select 1`
    },
    close: () => client.end({ timeout: 5 }),
  }
}
