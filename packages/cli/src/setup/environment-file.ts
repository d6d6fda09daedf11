import { open, readFile, rename } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { EnvironmentValues } from './production-environment.ts'

const HEADER = `# Written by "ikigai setup". It holds every secret of this installation: keep a copy where you keep your backups, and
# do not share it. Run setup again to change an answer; secrets stay as they are.
`

/** Reads an environment file; no values if it does not exist. */
export async function readEnvironmentFile(path: string): Promise<EnvironmentValues> {
  try {
    const values = parseEnv(await readFile(path, 'utf8'))
    return Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

/** The text of an environment file in the form that Docker Compose, podman-compose and Node read. */
export function environmentText(values: EnvironmentValues): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}`)
  return `${HEADER}\n${lines.join('\n')}\n`
}

/** Compose expands `$` in unquoted and double-quoted values; single quotes keep everything as it is. */
const quoted = (value: string) => (/^[\w.,:/@+=-]*$/.test(value) ? value : `'${value}'`)

/** Writes a file that only its owner can read, atomically. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
