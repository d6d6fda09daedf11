import { type Column, type SQL, sql } from 'drizzle-orm'

/**
 * Whether an id is one of these. The list is one parameter, so that the statement is prepared once for lists of every
 * length; a parameter for each costs Drizzle more than Postgres needs to answer.
 *
 * @param column of type bigint
 * @param ids decimal
 */
export const idIn = (column: Column, ids: Iterable<string | number>): SQL =>
  sql`${column} = any(${`{${[...ids].join(',')}}`}::bigint[])`
