// node tools/build/release-notes.ts 1.2.3: prints what CHANGELOG.md says of this version (Node 24 or newer).
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The body of a version's section.
 *
 * @param changelog in the form of Keep a Changelog
 * @param version `1.2.3`
 * @returns undefined when the changelog has no such section
 */
export function releaseNotes(changelog: string, version: string): string | undefined {
  const lines = changelog.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`## [${version}]`))
  if (start === -1) return undefined
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => /^## |^\[.+\]: /.test(line))
  return rest
    .slice(0, end === -1 ? undefined : end)
    .join('\n')
    .trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , version = ''] = process.argv
  const notes = releaseNotes(await readFile(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8'), version)
  if (notes === undefined) {
    process.stderr.write(`CHANGELOG.md has no section [${version}].\n`)
    process.exitCode = 1
  } else process.stdout.write(`${notes}\n`)
}
