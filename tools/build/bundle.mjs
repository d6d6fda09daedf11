// Bundles programs and tests: one file for each, and chunks for what several of them share. Loading the sources (or the
// hundreds of files that tsc writes, and their dependencies') one by one costs each process seconds of a CPU.
import { readdir, rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { buildInfo } from './build-info.mjs'
import { currentTest, idleDomain, outside, ownPlace } from './bundle-plugins.mjs'
import { projectDir } from './project.mjs'

import { messageOf, StepError } from './step-error.mjs'

/**
 * Bundles the sources into `folder`, and deletes what other sources have left there.
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
      define: { IKIGAI_BUILD: JSON.stringify(await buildInfo()) },
      conditions: ['@ikigai/source'],
      // A single character beyond ASCII, as in a licence's names, would make Node hold the whole bundle with two bytes for each.
      legalComments: 'external',
      // Comments have such characters, too.
      minifyWhitespace: true,
      sourcemap: true,
      sourcesContent: false,
      metafile: true,
      logLevel: 'silent',
      // CommonJS dependencies load Node's own modules by `require`.
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
      },
      plugins: [outside, ownPlace, currentTest, idleDomain],
    })
    await removeOthers(folder, new Set(Object.keys(metafile.outputs).map((file) => resolve(file))))
  } catch (error) {
    throw new StepError(`${messageOf(error)}\nThe sources could not be bundled.`)
  }
}

/**
 * @param {string} folder
 * @param {ReadonlySet<string>} own
 */
async function removeOthers(folder, own) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  await Promise.all(files.filter((file) => !own.has(file)).map((file) => rm(file)))
}
