import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/** The program of a package (`services/auth`): its source when this one runs from source, else what was built. */
export function entryFile(project: Project, packageDir: string): string {
  return join(
    project.rootDir,
    packageDir,
    ...(ownFile.endsWith('.ts') ? ['src', 'main.ts'] : ['dist', 'main.js']),
  )
}
