import { type ConnectedApps, createClient, dataOf, type PersonalTokens } from '@ikigai/client'
import type { ApiScope } from '@ikigai/contracts'

const client = createClient({ baseUrl: '' })

/** Apps and scripts that may act for the athlete. */
export interface Access {
  readonly apps: ConnectedApps['data']
  readonly tokens: PersonalTokens['data']
}

export async function access(): Promise<Access> {
  const [apps, tokens] = await Promise.all([dataOf(client.listApps()), dataOf(client.listTokens())])
  return { apps: apps.data, tokens: tokens.data }
}

export const disconnectApp = (id: string) => dataOf(client.disconnectApp({ path: { id } }))

/** Properties of a new token. */
export interface TokenRequest {
  readonly name: string
  readonly scopes: ApiScope[]
  readonly expires_in_days: number
}

export const createToken = (body: TokenRequest) => dataOf(client.createToken({ body }))

export const endToken = (id: string) => dataOf(client.endToken({ path: { id } }))
