import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from '@ikigai/config'

/**
 * The environment, and below it that of the instance that `npm start` runs in this folder or above it, which leaves it in
 * `.ikigai/running.env` (`IKIGAI_STATE_DIR`).
 */
export function findEnvironment(env: Environment, folder: string): Environment {
  const file = runningFile(env['IKIGAI_STATE_DIR'], folder)
  if (file === undefined) return env
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
  return { ...parseEnv(readFileSync(file, 'utf8')), ...Object.fromEntries(given) }
}

function runningFile(stateDir: string | undefined, folder: string): string | undefined {
  const file = join(stateDir ?? join(folder, '.ikigai'), 'running.env')
  if (existsSync(file)) return file
  const above = dirname(folder)
  return stateDir !== undefined || above === folder ? undefined : runningFile(undefined, above)
}
