import { type components, createClient, dataOf, ProblemError } from '@ikigai/client'
import type { Activity, ActivityFilter } from '@ikigai/contracts'

/** An activity with Strava's own document, where it has been fetched. */
export type ActivityWithDetail = components['schemas']['ActivityWithDetail']

/** An activity of a shuffle; `next_cursor` is null after the last one. */
export type Step = components['schemas']['RandomActivity']

/** Of this very origin, to which the browser sends the session's cookie. */
const client = createClient({ baseUrl: '' })

export const me = () => dataOf(client.GET('/v1/me'))
export const importStatus = () => dataOf(client.GET('/v1/import'))
export const status = () => dataOf(client.GET('/v1/status'))
export const activity = (id: string) =>
  dataOf(client.GET('/v1/activities/{id}', { params: { path: { id } } }))
/** An empty cursor starts a shuffle. */
export const randomActivity = (filter: ActivityFilter, cursor: string): Promise<Step> =>
  dataOf(client.GET('/v1/activities/random', { params: { query: { ...filter, cursor } } }))
export const disconnect = () => dataOf(client.DELETE('/v1/me'))

/** All activities that fit, newest first. */
export async function allActivities(filter: ActivityFilter): Promise<Activity[]> {
  const found: Activity[] = []
  let cursor: string | null = null
  do {
    const query: PageQuery = { ...filter, limit: 200, ...(cursor === null ? {} : { cursor }) }
    const page: components['schemas']['ActivityPage'] = await dataOf(
      client.GET('/v1/activities', { params: { query } }),
    )
    found.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return found
}

type PageQuery = ActivityFilter & { readonly limit: number; readonly cursor?: string }

/** Ends the session. Signing in and out is no part of the API. */
export async function signOut(): Promise<void> {
  const response = await fetch('/auth/logout', { method: 'POST', headers: { accept: 'application/json' } })
  if (!response.ok) throw new ProblemError(response, await response.json().catch(() => undefined))
}
