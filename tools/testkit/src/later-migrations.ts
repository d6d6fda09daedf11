import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDir, workspaceRoot } from '@ikigai/dev-env'
import type { TestContext } from './test-context.ts'

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly version: string; readonly when: number }[]
}

/**
 * Writes the migrations of a later release: this one's and additional ones.
 * @param added the SQL of each
 * @returns the folder, for `migrate`
 */
export async function laterMigrations(t: TestContext, added: readonly string[]): Promise<string> {
  const folder = await temporaryDir('ikigai-migrations-')
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await cp(join(workspaceRoot(), 'packages', 'db', 'migrations'), folder, { recursive: true })
  const file = join(folder, 'meta', '_journal.json')
  const journal: Journal = JSON.parse(await readFile(file, 'utf8'))
  const last = journal.entries.at(-1)
  if (last === undefined) throw new Error('this release has migrations')
  const entries = added.map((_, at) => ({
    ...last,
    idx: last.idx + 1 + at,
    when: last.when + 1_000 * (1 + at),
    tag: `${String(last.idx + 1 + at).padStart(4, '0')}_later`,
  }))
  for (const [at, { tag }] of entries.entries()) await writeFile(join(folder, `${tag}.sql`), added[at] ?? '')
  await writeFile(file, JSON.stringify({ ...journal, entries: [...journal.entries, ...entries] }))
  return folder
}
