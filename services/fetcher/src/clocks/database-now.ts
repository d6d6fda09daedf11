import type { Db } from '@ikigai/db'
import { sql } from 'drizzle-orm'

/** The database's clock: epoch ms. */
export async function databaseNow(db: Db): Promise<number> {
  const [row] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  )
  if (row === undefined) throw new Error('the database returned no time')
  return row.ms
}
