import { readFile, rename, writeFile } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { EnvironmentError } from './environment.ts'
import { type SavedGrants, SavedGrantsSchema } from './oauth/schemas.ts'

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/**
 * Reads the grants of the last time; none if there is no file.
 * @throws EnvironmentError if the file is no state file
 */
export async function readState(file: string): Promise<SavedGrants> {
  try {
    return Value.Parse(SavedGrantsSchema, JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (isMissing(error)) return []
    throw new EnvironmentError(`STATE_FILE ${file} cannot be read: remove it, or name another`)
  }
}

/** Writes the grants, readable by the owner only, all of them or none. */
export async function writeState(file: string, grants: SavedGrants): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(grants), { mode: 0o600 })
  await rename(`${file}.new`, file)
}
