import { isIPv6 } from 'node:net'
import type { LaunchConfig } from './launch-config.ts'

/** Addresses at which something listens on every interface, and the one at which this machine reaches it. */
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' }

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

const urlHost = (host: string) => new URL(`http://${isIPv6(host) ? `[${host}]` : host}`).hostname

/** The host of a URL at which this machine reaches what listens on `host`. */
export function reachableHost(host: string): string {
  return WILDCARDS[urlHost(host)] ?? urlHost(host)
}

/** Whether what listens on `host` is reached from other computers as well, at every address of this one. */
export function isWildcard(host: string): boolean {
  return urlHost(host) in WILDCARDS
}

/** Whether a URL's host means the machine that it is used on. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(new URL(url).hostname)
}

/** Where what runs is found. All of them are URLs without a slash at their end. */
export interface Addresses {
  /** The gateway for browsers: PUBLIC_URL. */
  readonly publicUrl: string
  readonly authUrl: string
  /** What Strava calls: WEBHOOK_URL. */
  readonly webhookUrl: string
  /** The simulator, for programs on this machine. */
  readonly simulatorUrl: string
  /** The simulator's OAuth, or what STRAVA_OAUTH_URL names; browsers that open `publicUrl` must reach it. */
  readonly demoOauthUrl: string
}

/** What is set, and for the rest what follows from HOST and the ports. */
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

/** `localhost` where that leads to the gateway for certain. */
function publicUrlOf(config: LaunchConfig, host: string): string {
  const isOnLocalhost = host === '127.0.0.1' || isWildcard(config.host)
  return `http://${isOnLocalhost ? 'localhost' : host}:${config.gatewayPort}`
}
