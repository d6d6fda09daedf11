import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '@ikigai/dev-env'

/** A text for people, and where it stands. */
export interface Text {
  /** Its path, from the project's root. */
  readonly file: string
  readonly content: string
}

/** The Markdown files for readers of today (decision records and the changelog tell of the past), and `.env.example`. */
export function documents(): readonly Text[] {
  const top = ['README.md', 'CONTRIBUTING.md', '.env.example', ...markdownIn('docs')]
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
