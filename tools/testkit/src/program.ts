import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workspaceRoot } from '@ikigai/dev-env'

/**
 * Arguments for Node to run one of the project's programs, a TypeScript file: its bundle, in the folder that the environment
 * variable IKIGAI_TEST_BUNDLES names, else the source itself.
 */
export function programArguments(source: string | URL): string[] {
  const file = source instanceof URL ? fileURLToPath(source) : source
  const bundles = process.env['IKIGAI_TEST_BUNDLES']
  if (bundles === undefined) return ['--import=tsx', '--conditions=@ikigai/source', file]
  const bundle = relative(workspaceRoot(), file).replace(/\.ts$/, '.mjs')
  return [join(bundles, bundle)]
}
