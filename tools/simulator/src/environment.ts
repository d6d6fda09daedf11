import type { SimulatorOptions } from './options.ts'
import type { SettingsChanges } from './settings.ts'

/** The environment has an invalid value. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}

/** Options of the command line tool. */
export interface Setup {
  options: SimulatorOptions
  /** Athletes created at the start, and activities of each. */
  athletes: number
  activities: number
  /** File in which grants are kept over restarts. */
  stateFile: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

function integer(environment: Environment, name: string, preset: number): number {
  const text = environment[name]
  if (text === undefined || text === '') return preset
  if (!/^\d{1,9}$/.test(text)) throw new EnvironmentError(`${name} is "${text}", not a whole number`)
  return Number(text)
}

function limitPair(environment: Environment, name: string, preset: string) {
  const text = environment[name] || preset
  const [, fifteenMinutes, day] = /^(\d+),(\d+)$/.exec(text) ?? []
  if (fifteenMinutes === undefined || day === undefined) {
    throw new EnvironmentError(`${name} is "${text}", not "<15 minutes>,<day>"`)
  }
  return { fifteenMinutes: Number(fifteenMinutes), day: Number(day) }
}

function optionalText(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '' ? {} : { [name]: value }
}

/**
 * Reads the environment of the command line tool; the README lists the names.
 * @throws EnvironmentError
 */
export function readEnvironment(environment: Environment): Setup {
  const settings: SettingsChanges = {
    webhookRetryDelayMs: integer(environment, 'WEBHOOK_RETRY_DELAY_MS', 60_000),
    ...optionalText('callbackDomain', environment['CALLBACK_DOMAIN']),
    ...optionalText('webhookSigningSecret', environment['WEBHOOK_SIGNING_SECRET']),
  }
  return {
    options: {
      host: environment['HOST'] || '127.0.0.1',
      port: integer(environment, 'PORT', 8090),
      seed: integer(environment, 'SEED', 1),
      limits: {
        read: limitPair(environment, 'READ_LIMIT', '100,1000'),
        overall: limitPair(environment, 'OVERALL_LIMIT', '200,2000'),
      },
      settings,
      ...optionalText('clientId', environment['STRAVA_CLIENT_ID']),
      ...optionalText('clientSecret', environment['STRAVA_CLIENT_SECRET']),
    },
    athletes: integer(environment, 'ATHLETES', 0),
    activities: integer(environment, 'ACTIVITIES', 300),
    stateFile: environment['STATE_FILE'] || undefined,
  }
}
