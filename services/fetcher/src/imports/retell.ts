import { type Db, imports } from '@ikigai/db'
import type { ImportEta } from '@ikigai/forecast'
import { isNotNull, sql } from 'drizzle-orm'

/** As many are looked at in one go, drawn at random; the others are told with their next page. */
const BATCH_SIZE = 100

/**
 * Revises what is told of imports that are being watched, or whose end has passed: their next page, with which it is
 * revised as well, may be hours away.
 * @returns how many were looked at
 */
export async function retellImports(db: Db, importEta: ImportEta, now: number): Promise<number> {
  const isDue = sql`${imports.state} <> 'complete' and (
    exists (select from athlete_presence p where p.athlete_id = ${imports.athleteId}
      and p.until > ${new Date(now).toISOString()}::timestamptz)
    or coalesce((${imports.toldEta}->>'latest')::float8, (${imports.toldEta}->>'eta')::float8) < ${now}::float8)`
  const due = await db
    .select()
    .from(imports)
    .where(sql`${isNotNull(imports.toldEta)} and ${isDue}`)
    .orderBy(sql`random()`)
    .limit(BATCH_SIZE)
  for (const row of due) await importEta.tell(db, row, now)
  return due.length
}
