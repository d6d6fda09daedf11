import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { decodeEnvFile, type Environment, mergeEnvironments, nonEmpty } from '@ikigai/chassis/config'

/**
 * The environment, completed by that of the instance that `npm start` runs in this folder or above it, from `running.env` in
 * its state directory: `IKIGAI_STATE_DIR` of the environment or of `.env`, else `.ikigai`.
 *
 * @throws ConfigurationError when one of the files is not UTF-8
 */
export function findEnvironment(env: Environment, folder: string): Environment {
  const file = runningFile(nonEmpty(env['IKIGAI_STATE_DIR']), folder)
  return file === undefined ? env : mergeEnvironments(readEnvFile(file), env)
}

function runningFile(stateDir: string | undefined, folder: string): string | undefined {
  const dotEnv = join(folder, '.env')
  const ownStateDir = stateDir ?? (existsSync(dotEnv) ? readEnvFile(dotEnv)['IKIGAI_STATE_DIR'] : undefined)
  const file = resolve(folder, nonEmpty(ownStateDir) ?? '.ikigai', 'running.env')
  if (existsSync(file)) return file
  const above = dirname(folder)
  return stateDir !== undefined || above === folder ? undefined : runningFile(undefined, above)
}

function readEnvFile(file: string): Readonly<Record<string, string>> {
  return decodeEnvFile(file, readFileSync(file))
}
