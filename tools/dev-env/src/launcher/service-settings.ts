import { authSettings } from '@ikigai/auth/config'
import { type ConfigurationFault, type Environment, findFaults, type Settings } from '@ikigai/chassis/config'
import { fetcherSettings } from '@ikigai/fetcher/config'
import { gatewaySettings } from '@ikigai/gateway/config'
import { ingestSettings } from '@ikigai/ingest/config'

/** The settings that each service declares. */
export const SERVICE_SETTINGS = {
  auth: authSettings,
  fetcher: fetcherSettings,
  ingest: ingestSettings,
  gateway: gatewaySettings,
} satisfies Readonly<Record<string, Settings>>

export type ServiceName = keyof typeof SERVICE_SETTINGS

/** In the order in which they start. */
export const SERVICES: readonly ServiceName[] = ['auth', 'fetcher', 'ingest', 'gateway']

/** Settings of the services that `npm start` derives from its own. */
const DECIDED = [
  'DATABASE_URL',
  'NATS_URL',
  'NATS_USER',
  'NATS_PASSWORD',
  'NATS_CREDS',
  'HOST',
  'PORT',
  'ADMIN_PORT',
] as const

/** The faults of what the environment sets for services. What a service requires and nobody sets is made up. */
export function serviceFaults(env: Environment): readonly ConfigurationFault[] {
  return Object.values(SERVICE_SETTINGS).flatMap((settings: Settings) => {
    const missing = new Set(
      findFaults({}, settings).flatMap(({ name }) => (isGiven(env, name) ? [] : [name])),
    )
    const checked = Object.entries(settings).filter(([name]) => !missing.has(name) && !isDecided(name))
    return findFaults(env, Object.fromEntries(checked))
  })
}

const isDecided = (name: string) => DECIDED.some((decided) => decided === name)

const isGiven = (env: Environment, name: string) => (env[name] ?? env[`${name}_FILE`] ?? '').trim() !== ''
