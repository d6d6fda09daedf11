import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const maps = new Map<string, SourceMap | undefined>()

/**
 * Replaces positions in bundles (`file:line:column`) by those in the sources. Node can do this itself, but then does it at
 * each access of a stack, and tap accesses one for each assertion.
 */
export const withSourcePlaces = (text: string, rootDir: string): string =>
  text.replaceAll(/([^\s()]+\.mjs):(\d+):(\d+)/g, (place, name: string, line: string, column: string) => {
    const file = name.startsWith('file:') ? fileURLToPath(name) : resolve(rootDir, name)
    const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1)
    if (entry === undefined || !('originalSource' in entry)) return place
    const source = relative(rootDir, resolve(dirname(file), entry.originalSource))
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  })

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(`${file}.map`))
  return maps.get(file)
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
