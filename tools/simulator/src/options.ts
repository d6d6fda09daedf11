import type { FastifyBaseLogger } from 'fastify'
import type { SimulatorAdmin } from './admin/simulator-admin.ts'
import type { RateNumbers } from './limits/schemas.ts'
import type { SettingsChanges } from './settings.ts'

/** The simulator's time source. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
}

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: any free port. */
  port?: number
  /** Default: the system's clock. */
  clock?: Clock
  /** Default `12345`. */
  clientId?: string
  /** Default `simulator-client-secret`. */
  clientSecret?: string
  /** Default: read 100 and 1,000, overall 200 and 2,000 (Strava API docs, rate limits). */
  limits?: RateNumbers
  /** Seed of all generated data. Default 1. */
  seed?: number
  /** Default: no log. */
  logger?: FastifyBaseLogger
  /** Changes to the default settings. */
  settings?: SettingsChanges
}

/** A running simulator. */
export interface Simulator {
  /** `http://host:port` */
  url: string
  /** `<url>/api/v3` */
  apiUrl: string
  /** `<url>/oauth` */
  oauthUrl: string
  clientId: string
  clientSecret: string
  admin: SimulatorAdmin
  /** Stops listening, cuts open connections and forgets pending deliveries. */
  close(): Promise<void>
}
