import { join, resolve } from 'node:path'
import { workspaceRoot } from '../index.ts'

/** Folders of the project on this machine. */
export interface Project {
  /** The workspace's root folder. */
  readonly rootDir: string
  /** State kept between two starts: data, secrets, logs. */
  readonly stateDir: string
  readonly logDir: string
  readonly cacheDir: string
}

/** @param stateDir default `.ikigai`; a relative path starts at the project's root */
export function findProject(stateDir: string | undefined): Project {
  const rootDir = workspaceRoot()
  const state = resolve(rootDir, stateDir ?? '.ikigai')
  return {
    rootDir,
    stateDir: state,
    logDir: join(state, 'logs'),
    cacheDir: join(rootDir, '.ikigai', 'cache'),
  }
}
