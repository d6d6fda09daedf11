import {
  type ActivityWithDetail,
  createClient,
  dataOf,
  ProblemError,
  type RandomActivity,
} from '@ikigai/client'
import type { ActivityFilter } from '@ikigai/contracts'
import { LISTED_FIELDS, type ListedActivity } from '../model/calendar.ts'

export type { ActivityWithDetail }

/** An activity of a shuffle; `next_cursor` is null after the last one. */
export type Step = RandomActivity

/** The page's own origin, to which the browser sends the session's cookie. */
const client = createClient({ baseUrl: '' })

export const me = () => dataOf(client.getMe())
export const importStatus = () => dataOf(client.getImport())
export const status = () => dataOf(client.getStatus())
export const activity = (id: string) => dataOf(client.getActivity({ path: { id } }))
/** An empty cursor starts a shuffle. */
export const randomActivity = (filter: ActivityFilter, cursor: string): Promise<Step> =>
  dataOf(client.randomActivity({ query: { ...filter, cursor } }))
export const disconnect = () => dataOf(client.disconnect())

/** All matching activities, newest first, without their routes. */
export async function allActivities(filter: ActivityFilter): Promise<ListedActivity[]> {
  const found: ListedActivity[] = []
  let cursor: string | null = null
  do {
    const query: PageQuery = { ...filter, limit: 200, fields, ...(cursor === null ? {} : { cursor }) }
    const page: ListedPage = await dataOf(client.listActivities({ query }))
    found.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return found
}

const fields = LISTED_FIELDS.join()

type PageQuery = ActivityFilter & {
  readonly limit: number
  readonly fields: string
  readonly cursor?: string
}

interface ListedPage {
  readonly data: readonly ListedActivity[]
  readonly next_cursor: string | null
}

/** Ends the session. Signing in and out is not part of the API. */
export const signOut = () => post('/auth/logout')

/** Ends all sessions of the athlete; with `apps`, connected apps and personal access tokens as well. */
export const signOutEverywhere = ({ apps }: { readonly apps: boolean }) =>
  post('/auth/logout/everywhere', new URLSearchParams({ apps: String(apps) }))

async function post(path: string, body?: URLSearchParams): Promise<void> {
  const sent = body === undefined ? {} : { body }
  const response = await fetch(path, { method: 'POST', headers: { accept: 'application/json' }, ...sent })
  if (!response.ok) throw await ProblemError.of(response)
}
