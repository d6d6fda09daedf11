// Says where in the sources something is that Node found in a bundle. Node can do so by itself, but then pays for it
// whenever a stack is looked at, and tap looks at one for each assertion.
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectDir } from '../steps.mjs'

/** @type {Map<string, SourceMap>} */
const maps = new Map()

/**
 * Puts the place in its source for each place in a bundle (file:line:column) that a text names.
 *
 * @param {string} text
 */
export const withSourcePlaces = (text) => text.replaceAll(/[^\s()]+\.mjs:\d+:\d+/g, sourcePlace)

/** @param {string} place */
function sourcePlace(place) {
  const [, name, line, column] = /^(.*):(\d+):(\d+)$/.exec(place)
  const file = name.startsWith('file:') ? fileURLToPath(name) : resolve(projectDir, name)
  const { originalSource, originalLine, originalColumn } = mapOf(file)?.findEntry(line - 1, column - 1) ?? {}
  if (originalSource === undefined) return place
  const source = relative(projectDir, resolve(dirname(file), originalSource))
  return `${source}:${originalLine + 1}:${originalColumn + 1}`
}

/** @param {string} file */
function mapOf(file) {
  try {
    if (!maps.has(file)) maps.set(file, new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8'))))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  return maps.get(file)
}
