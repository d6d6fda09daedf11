import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'

/** Folder of the SQL files: beside `src`, in the workspace and in the image. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../migrations', import.meta.url))

/** The migrations of a release. */
export interface Migrations {
  readonly folder: string
  /** SHA-256 of each migration, in order, as Drizzle stores it. */
  readonly hashes: readonly string[]
  /** Minimum number of migrations of a release that can run on this schema. */
  readonly minimum: number
}

/** Reads the migrations of a folder. @returns undefined when there are none */
export function readMigrations(folder: string): Migrations | undefined {
  if (!existsSync(folder)) return undefined
  const hashes = readMigrationFiles({ migrationsFolder: folder }).map(({ hash }) => hash)
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const minima = files.map((name) => minimumOf(readFileSync(join(folder, name), 'utf8')))
  return { folder, hashes, minimum: Math.max(...minima) }
}

/**
 * A migration that removes something states in its first line which migration a release must have to run on it:
 * `-- contract: 0003`. Any other migration only adds, and every release can run on it.
 */
function minimumOf(sql: string): number {
  const [, known] = /^-- contract: (\d{4})\b/.exec(sql) ?? []
  return known === undefined ? 1 : Number(known) + 1
}
