import { badRequest, unauthorized } from '../api/strava-fault.ts'
import type { Parameters } from '../http/parameters.ts'

interface Client {
  clientId: string
  clientSecret: string
}

/**
 * Checks `client_id` and `client_secret` among the parameters; Strava takes no HTTP Basic here.
 * @throws StravaFault 400 for the id, 401 for the secret (recorded, and reported for the secret)
 */
export function requireClient(client: Client, parameters: Parameters): void {
  const { client_id: id, client_secret: secret } = parameters
  if (id === undefined || id === '') throw badRequest('Application', 'client_id', 'missing')
  if (id !== client.clientId) throw badRequest('Application', 'client_id', 'invalid')
  if (secret !== client.clientSecret) throw unauthorized()
}

/** Whether an `Authorization` header is HTTP Basic with the client's id and secret. */
export function isBasicClient(client: Client, authorization: string | undefined): boolean {
  const [, encoded = ''] = /^Basic +(\S+)$/i.exec(authorization ?? '') ?? []
  return Buffer.from(encoded, 'base64').toString('utf8') === `${client.clientId}:${client.clientSecret}`
}
