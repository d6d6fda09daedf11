import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Libraries that affect figures of ikigai and the baselines. */
const MEASURED = ['fastify', 'pino', 'nats', 'postgres', 'autocannon', 'pg-boss', 'graphile-worker']

/** The installed version of a package; empty when it is not found. */
export function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? []
  return folders.map((folder) => versionIn(join(folder, name))).find((version) => version !== undefined) ?? ''
}

function versionIn(folder: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return undefined
    return String(manifest.version)
  } catch {
    return undefined
  }
}

/** Versions of the libraries that are measured, by name. */
export const libraryVersions = (): Readonly<Record<string, string>> =>
  Object.fromEntries(MEASURED.map((name) => [name, versionOf(name)]))

/** The version of a program, from its output. */
export async function programVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ['--version'])
  return /\d+\.\d+(?:\.\d+)*/.exec(stdout)?.[0] ?? ''
}
