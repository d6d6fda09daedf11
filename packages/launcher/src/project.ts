import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ownFile = fileURLToPath(import.meta.url)

/** Where things lie on this machine. */
export interface Project {
  /** The workspace's root folder. */
  readonly rootDir: string
  /** What this machine keeps between two starts: data, secrets, logs. */
  readonly stateDir: string
  readonly logDir: string
  readonly cacheDir: string
}

/** @param stateDir default `.ikigai` in the project's root folder */
export function findProject(stateDir: string | undefined): Project {
  let rootDir = dirname(ownFile)
  while (!existsSync(join(rootDir, 'pnpm-workspace.yaml'))) {
    if (dirname(rootDir) === rootDir)
      throw new Error('pnpm-workspace.yaml is in no folder above this program')
    rootDir = dirname(rootDir)
  }
  const state = stateDir ?? join(rootDir, '.ikigai')
  return {
    rootDir,
    stateDir: state,
    logDir: join(state, 'logs'),
    cacheDir: join(rootDir, '.ikigai', 'cache'),
  }
}

/** The program of a package (`services/auth`), beside the launcher's own: a source, or what was built of it. */
export function entryFile(packageDir: string): string {
  const [, launcher = ''] = process.argv
  return join(dirname(launcher), '../../..', packageDir, 'src', `main${extname(launcher)}`)
}
