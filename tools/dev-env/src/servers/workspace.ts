import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The root folder of the workspace that this package belongs to.
 *
 * @throws Error when it belongs to none
 */
export function workspaceRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('pnpm-workspace.yaml is in no folder above this program')
    folder = parent
  }
  return folder
}

/**
 * Another program of the workspace, beside the `src/main.ts` that is running: a source, or what was built of it.
 *
 * @param source as seen from the root: `services/auth/src/main.ts`
 */
export function programFile(source: string): string {
  const [, main = ''] = process.argv
  return join(dirname(main), '../../..', source.replace(/\.ts$/, extname(main)))
}
