import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'

/** Where the SQL lies: beside `src`, in the workspace and in the image. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../migrations', import.meta.url))

/** The migrations of a release. */
export interface Migrations {
  readonly folder: string
  /** Of each migration, in order: SHA-256, as Drizzle stores it. */
  readonly hashes: readonly string[]
  /** How many migrations a release must have to run once these are applied. */
  readonly minimum: number
}

/** @returns undefined when there are none in the folder */
export function readMigrations(folder: string): Migrations | undefined {
  if (!existsSync(folder)) return undefined
  const hashes = readMigrationFiles({ migrationsFolder: folder }).map(({ hash }) => hash)
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const minima = files.map((name) => minimumOf(readFileSync(join(folder, name), 'utf8')))
  return { folder, hashes, minimum: Math.max(...minima) }
}

/**
 * A migration that takes something away says in its first line which migration the oldest release must know that still runs
 * with it: `-- contract: 0003`. Any other one only adds, and every release goes on running.
 */
function minimumOf(sql: string): number {
  const [, known] = /^-- contract: (\d{4})\b/.exec(sql) ?? []
  return known === undefined ? 1 : Number(known) + 1
}
