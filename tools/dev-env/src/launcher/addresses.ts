import { isIPv6 } from 'node:net'
import type { LaunchConfig } from './launch-config.ts'

/** Wildcard addresses to listen on, and the addresses at which this machine reaches them. */
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' }

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

const urlHost = (host: string) => new URL(`http://${isIPv6(host) ? `[${host}]` : host}`).hostname

/** The host at which this machine reaches a server that listens on `host`. */
export function reachableHost(host: string): string {
  return WILDCARDS[urlHost(host)] ?? urlHost(host)
}

/** Whether `host` is a wildcard address, reachable from other computers. */
export function isWildcard(host: string): boolean {
  return urlHost(host) in WILDCARDS
}

/** Whether a URL's host is the local machine. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(new URL(url).hostname)
}

/** Addresses of the running programs: URLs without a trailing slash. */
export interface Addresses {
  /** The gateway for browsers: PUBLIC_URL. */
  readonly publicUrl: string
  readonly authUrl: string
  /** The origin that Strava calls: WEBHOOK_URL. */
  readonly webhookUrl: string
  /** The simulator, for programs on this machine. */
  readonly simulatorUrl: string
  /** The simulator's OAuth, or what STRAVA_OAUTH_URL names; browsers that open `publicUrl` must reach it. */
  readonly demoOauthUrl: string
}

/** The configured addresses; the others are derived from HOST and the ports. */
export function addressesOf(config: LaunchConfig): Addresses {
  const host = reachableHost(config.host)
  const at = (port: number) => `http://${host}:${port}`
  const publicUrl = config.publicUrl ?? publicUrlOf(config, host)
  const simulatorUrl = at(config.simulatorPort)
  const demoHost = isLoopback(publicUrl) ? host : new URL(publicUrl).hostname
  return {
    publicUrl,
    authUrl: at(config.authPort),
    webhookUrl: config.webhookUrl ?? at(config.ingestPort),
    simulatorUrl,
    demoOauthUrl: config.stravaOauthUrl ?? `http://${demoHost}:${config.simulatorPort}/oauth`,
  }
}

/** The gateway's default URL: at `localhost` if the gateway listens there. */
function publicUrlOf(config: LaunchConfig, host: string): string {
  const isOnLocalhost = host === '127.0.0.1' || isWildcard(config.host)
  return `http://${isOnLocalhost ? 'localhost' : host}:${config.gatewayPort}`
}
