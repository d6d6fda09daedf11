import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root folder of the workspace that this package belongs to. */
export function workspaceRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('pnpm-workspace.yaml is in no folder above this package')
    folder = parent
  }
  return folder
}

/** Where a nats-server that had to be fetched is kept. */
export function cacheDir(): string {
  return join(workspaceRoot(), '.ikigai', 'cache')
}
