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
 * A transaction of {@link Db}. Its function must not query outside of it (the pool has no acquire time-out), and may run
 * twice after a change of the schema: see `withPreparedStatements`.
 */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

/** A pool of connections and the Drizzle client over it. */
export interface Database {
  readonly db: Db
  /**
   * Resolves when Postgres answers; the first time, when it also meets this client's requirements.
   *
   * @throws DatabaseUnfitError, MigrationMismatchError with a sentence, or the driver's error
   */
  ping(): Promise<void>
  /** Ends the pool; running queries get `timeoutSeconds` (5) to end. */
  close(): Promise<void>
}

/** Options of {@link openDatabase}. */
export interface DatabaseOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly name: string
  /** Maximum connections; 5 by default. */
  readonly max?: number
  /** Connections of all pools of the program, which `ping` requires; `max` by default. */
  readonly total?: number
  /** The user whose privileges `ping` requires of the role; not checked by default. */
  readonly user?: DatabaseUser
  /** Makes queries fail at once while PostgreSQL cannot be reached; by default they wait for the driver's time-outs. */
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
    // Short, because queries fail at once while PostgreSQL cannot be reached.
    ...(availability === undefined ? {} : { backoff: (retries: number) => Math.min(1, 3 ** retries / 100) }),
    // Drizzle converts arrays itself, so connections need not query their types.
    fetch_types: false,
    // JSON stays text, so that numbers beyond 2^53 keep their digits. Drizzle parses its own jsonb columns.
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
