import { withTimeout } from '@ikigai/chassis/async'
import { parseNatsUrl } from '@ikigai/chassis/config'
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type JetStreamClient,
  type NatsConnection,
} from 'nats'
import type { Logger } from 'pino'
import { inboxPrefixOf } from './permissions.ts'

const PING_TIMEOUT_MS = 2_000

/** Options of {@link connectBus}. */
export interface BusOptions {
  readonly servers: readonly string[]
  /** Shown in the server's connection list. */
  readonly name: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Contents of a `.creds` file. */
  readonly creds?: string | undefined
  readonly logger: Logger
}

/** A connection to NATS with JetStream. */
export interface Bus {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly logger: Logger
  /** Root of this client's private inboxes. */
  readonly inboxPrefix: string
  /** Calls `listener` each time the connection is back after an outage. */
  onReconnect(listener: () => void): void
  /** Resolves when NATS answers a ping. Rejects after 2 seconds. */
  ping(): Promise<void>
  /** Resolves when the connection has ended for good, with the error unless {@link Bus.close} was called. */
  closed(): Promise<Error | undefined>
  /** Flushes the buffer, then closes. */
  close(): Promise<void>
}

/**
 * Connects to NATS and reconnects without limit: otherwise a service could run on without receiving anything.
 * `NATS_URL` may carry credentials.
 *
 * @throws AddressError, whose message contains no part of an address
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const { name, creds, logger } = options
  const { servers, user, password } = withCredentials(options)
  // A user may subscribe only to its own inboxes: see `PERMISSIONS`.
  const inboxPrefix = inboxPrefixOf(user ?? name)
  const settings: ConnectionOptions = {
    servers: [...servers],
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    waitOnFirstConnect: true,
    pingInterval: 20_000,
    // Recording a stack for each request, in case it fails, costs more than the request.
    noAsyncTraces: true,
    inboxPrefix,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(new TextEncoder().encode(creds)) }),
  }
  const nc = await connect(settings)
  void logStatus(nc, logger)
  return {
    nc,
    js: nc.jetstream(),
    logger,
    inboxPrefix,
    onReconnect: (listener) => void watchReconnects(nc, listener),
    ping: () => withTimeout(PING_TIMEOUT_MS, nc.flush(), `NATS did not answer within ${PING_TIMEOUT_MS} ms`),
    closed: async () => (await nc.closed()) ?? undefined,
    close: () => nc.drain(),
  }
}

/** The settings of {@link natsSettings} as a configuration holds them. */
export interface NatsAccess {
  readonly natsUrl: readonly string[]
  readonly natsUser?: string | undefined
  readonly natsPassword?: string | undefined
  readonly natsCreds?: string | undefined
}

/** {@link connectBus} with the settings of a service. @throws AddressError */
export const connectWith = (config: NatsAccess, name: string, logger: Logger): Promise<Bus> =>
  connectBus({
    servers: config.natsUrl,
    name,
    user: config.natsUser,
    password: config.natsPassword,
    creds: config.natsCreds,
    logger,
  })

/** The client library ignores credentials in a URL. */
function withCredentials({
  servers,
  user,
  password,
}: BusOptions): Pick<BusOptions, 'servers' | 'user' | 'password'> {
  const addresses = servers.map(parseNatsUrl)
  const named = addresses.find((address) => address.user !== undefined)
  return {
    servers: addresses.map(({ server }) => server),
    user: user ?? named?.user,
    password: password ?? (named === undefined ? undefined : (named.password ?? '')),
  }
}

async function watchReconnects(nc: NatsConnection, listener: () => void): Promise<void> {
  for await (const { type } of nc.status()) if (type === 'reconnect') listener()
}

async function logStatus(nc: NatsConnection, logger: Logger): Promise<void> {
  for await (const { type, permissionContext: refused } of nc.status()) {
    if (refused !== undefined) logger.warn({ ...refused }, 'NATS refused a subject')
    else if (type === 'disconnect' || type === 'reconnect' || type === 'error')
      logger.warn({ status: type }, 'NATS connection')
  }
}
