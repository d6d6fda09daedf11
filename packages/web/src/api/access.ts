import { type components, createClient, dataOf } from '@ikigai/client'

const client = createClient({ baseUrl: '' })

type Schemas = components['schemas']

/** Which apps and scripts may act for the athlete. */
export interface Access {
  readonly apps: Schemas['ConnectedApps']['data']
  readonly tokens: Schemas['PersonalTokens']['data']
}

export async function access(): Promise<Access> {
  const [apps, tokens] = await Promise.all([
    dataOf(client.GET('/v1/me/apps')),
    dataOf(client.GET('/v1/me/tokens')),
  ])
  return { apps: apps.data, tokens: tokens.data }
}

export const disconnectApp = (id: string) =>
  dataOf(client.DELETE('/v1/me/apps/{id}', { params: { path: { id } } }))

export const createToken = (
  body: Pick<Schemas['CreatedPersonalToken'], 'name' | 'scopes'> & { readonly expires_in_days: number },
) => dataOf(client.POST('/v1/me/tokens', { body }))

export const endToken = (id: string) =>
  dataOf(client.DELETE('/v1/me/tokens/{id}', { params: { path: { id } } }))
