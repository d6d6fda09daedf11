// Which programs the workspace has, and where their bundles are.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { projectDir } from './project.mjs'

/** Where `npm start` and the other commands find the bundles of the programs. */
export const programsDir = join(projectDir, 'build', 'programs')

/**
 * The bundle of a source of ours: what is bundled keeps its place in the tree.
 *
 * @param {string} folder of the bundles
 * @param {string} source
 */
export const bundleOf = (folder, source) =>
  join(folder, relative(projectDir, resolve(projectDir, source))).replace(/\.ts$/, '.mjs')

/** The programs of the product: `src/main.ts` of packages and services, and what one starts from `src/programs`. */
export async function programs() {
  const lists = (await packageDirs()).map(async (folder) => {
    const names = await readdir(join(folder, 'src', 'programs')).catch(() => [])
    const files = ['main.ts', ...names.map((name) => join('programs', name))]
    return files.map((file) => join(folder, 'src', file))
  })
  return (await Promise.all(lists)).flat().filter((file) => existsSync(file))
}

/** The folders of all packages and services. */
export async function packageDirs() {
  const groups = ['packages', 'services', 'tools'].map((name) => join(projectDir, name))
  const lists = await Promise.all(
    groups.map(async (group) => (await readdir(group)).map((name) => join(group, name))),
  )
  return lists.flat()
}
