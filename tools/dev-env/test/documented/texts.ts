import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '@ikigai/dev-env'

/** A document and its path from the project's root. */
export interface Text {
  readonly file: string
  readonly content: string
}

/** The Markdown files and `.env.example`, without decision records and changelog, which describe the past. */
export function documents(): readonly Text[] {
  const docs = [...markdownIn('docs'), ...markdownIn('docs/operations')]
  const top = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', '.env.example', ...docs]
  const packages = ['packages', 'services', 'tools'].flatMap((group) =>
    readdirSync(join(workspaceRoot(), group)).flatMap((name) => markdownIn(join(group, name))),
  )
  return [...top, ...packages].map((file) => ({ file, content: readText(file) }))
}

/** @param file from the project's root */
export function readText(file: string): string {
  return readFileSync(join(workspaceRoot(), file), 'utf8')
}

function markdownIn(folder: string): readonly string[] {
  const names = readdirSync(join(workspaceRoot(), folder))
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name))
}
