import { type Db, imports } from '@ikigai/db'
import type { ImportEta } from '@ikigai/forecast'
import { isNotNull, sql } from 'drizzle-orm'

/** Maximum number of imports revised in one run, chosen at random. */
const BATCH_SIZE = 100

/**
 * Revises the ETA of imports that are being watched, or whose ETA has passed. Otherwise an ETA is revised with each page,
 * and the next page may be hours away.
 * @returns the number of imports revised
 */
export async function reviseEtas(db: Db, importEta: ImportEta, now: number): Promise<number> {
  const isDue = sql`${imports.state} <> 'complete' and (
    exists (select from athlete_presence p where p.athlete_id = ${imports.athleteId}
      and p.until > ${new Date(now).toISOString()}::timestamptz)
    or coalesce((${imports.publishedEta}->>'latest')::float8, (${imports.publishedEta}->>'eta')::float8) < ${now}::float8)`
  const due = await db
    .select()
    .from(imports)
    .where(sql`${isNotNull(imports.publishedEta)} and ${isDue}`)
    .orderBy(sql`random()`)
    .limit(BATCH_SIZE)
  for (const row of due) await importEta.revise(db, row, now)
  return due.length
}
