import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { connectionTo, isPooled } from './address.ts'
import type { Availability } from './availability.ts'
import { assertFit, explained } from './fitness.ts'
import { withPreparedStatements } from './prepared-statements.ts'
import type { DatabaseUser } from './table-privileges.ts'

/** Drizzle, without its relational queries: they would make an object for each table in each transaction. */
export type Db = PostgresJsDatabase

/**
 * A transaction of {@link Db}: inside one, no query may run outside of it (the pool has no acquire time-out). Its function runs
 * a second time when a change of the schema has outdated a statement: see `withPreparedStatements`.
 */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

/** A pool of connections and the Drizzle client over it. */
export interface Database {
  readonly db: Db
  /**
   * Resolves when Postgres answers; the first time, when it is also fit for this client.
   *
   * @throws DatabaseUnfitError, MigrationMismatchError with a sentence, or what the driver throws
   */
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
  /** Connections of all pools of the program, for `ping`, where it has several; `max` by default. */
  readonly total?: number
  /** The user whose privileges `ping` requires of the role; not checked by default. */
  readonly user?: DatabaseUser
  /** Has work fail at once while PostgreSQL cannot be reached; without it, work waits for the driver's own time-outs. */
  readonly availability?: Availability
}

/**
 * Opens a pool; connects with the first query.
 *
 * @throws AddressError, whose message contains no part of the URL
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, name, max = 5, total = max, user, availability } = options
  const client = postgres({
    ...connectionTo(url, name, 'service'),
    max,
    idle_timeout: 60,
    // Short, because work fails at once while PostgreSQL cannot be reached.
    ...(availability === undefined ? {} : { backoff: (retries: number) => Math.min(1, 3 ** retries / 100) }),
    // Drizzle converts arrays itself, so connections need not query their types.
    fetch_types: false,
    // Left as text: numbers beyond 2^53 keep their digits. Drizzle parses its own jsonb columns itself.
    types: {
      json: { to: 114, from: [114, 3802], serialize: (text: string) => text, parse: (text: string) => text },
    },
  })
  let isFit = false
  return {
    db: drizzle(withPreparedStatements(client, availability)),
    ping: async () => {
      try {
        if (isFit) await client`select 1`
        else await assertFit(client, { connections: total, isPooled: isPooled(url), user })
        isFit = true
      } catch (error) {
        throw explained(error, total)
      }
    },
    close: () => client.end({ timeout: 5 }),
  }
}
