/** A statement that the previous release may not survive, which is still running while the migration is applied. */
interface Rule {
  readonly form: RegExp
  readonly fault: string
}

const RULES: readonly Rule[] = [
  {
    form: /\bdrop\s+(table|column|schema|view|materialized\s+view|type|sequence|function)\b/i,
    fault: 'drops',
  },
  { form: /\brename\b/i, fault: 'renames' },
  { form: /\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/i, fault: 'changes the type of a column' },
  { form: /\bset\s+not\s+null\b/i, fault: 'makes a column NOT NULL' },
  { form: /\bdrop\s+default\b/i, fault: 'drops a default' },
  { form: /\btruncate\b/i, fault: 'empties a table' },
  {
    form: /\badd\s+(column\s+)?(?!constraint\b)(?=[^;]*\bnot\s+null\b)(?![^;]*\b(default|generated)\b)/i,
    fault: 'adds a column that is NOT NULL without a default',
  },
  // What the previous release writes might not satisfy it.
  {
    form: /\badd\s+constraint\b(?![^;]*\bnot\s+valid\b)/i,
    fault: 'adds a constraint to a table that is in use',
  },
  { form: /\bcreate\s+unique\s+index\b/i, fault: 'adds a unique index to a table that is in use' },
]

/** Tables made by the same migration are nobody's yet: what is said of them breaks nothing. */
const created = (sql: string) =>
  new Set(
    [...sql.matchAll(/\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?"?(\w+)"?/gi)].map(([, name]) => name),
  )

const tableOf = (statement: string) =>
  /\b(?:alter\s+table|create\s+(?:unique\s+)?index\b.*?\bon)\s+(?:only\s+)?"?(?:public"?\.)?"?(\w+)"?/is.exec(
    statement,
  )?.[1]

/**
 * What in a migration would break a release that is running: migrations expand, and a later release contracts. A migration
 * whose first line is `-- contract: NNNN` may take away what no release from migration NNNN on still uses.
 */
export function expandFaults(sql: string): readonly string[] {
  if (/^-- contract: \d{4}\b/.test(sql)) return []
  const own = created(sql)
  const statements = sql.split(/--> statement-breakpoint|;/).map((text) => text.replace(/--.*$/gm, '').trim())
  return statements.flatMap((statement) => {
    if (own.has(tableOf(statement))) return []
    return RULES.filter(({ form }) => form.test(statement)).map(
      ({ fault }) => `${fault}: ${statement.slice(0, 100)}`,
    )
  })
}
