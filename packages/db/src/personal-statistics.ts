import type postgres from 'postgres'

/** Columns with personal data that no query searches by. */
const PERSONAL_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  athletes: ['username', 'first_name', 'last_name', 'profile_url'],
  activities: ['name', 'summary_polyline', 'summary', 'detail'],
  outbox: ['headers', 'body'],
  personal_tokens: ['name'],
  invitations: ['note'],
}

/**
 * Keeps personal columns out of the planner's statistics (`pg_statistic`), which contain copies of values, also of erased
 * rows, until the next ANALYZE. Changes only columns that are not set yet, because that locks the table.
 */
export async function collectNoPersonalStatistics(sql: postgres.TransactionSql): Promise<void> {
  const found = await sql<{ tbl: string; col: string }[]>`
    select c.relname as tbl, a.attname as col
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and a.attstattarget is distinct from 0`
  const statements = found.flatMap(({ tbl, col }) =>
    PERSONAL_COLUMNS[tbl]?.includes(col) === true
      ? [`alter table public."${tbl}" alter column "${col}" set statistics 0`]
      : [],
  )
  if (statements.length > 0) await sql.unsafe(statements.join(';\n'))
}
