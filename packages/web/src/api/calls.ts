import type {
  Activity,
  ActivityFilter,
  ActivityPage,
  Athlete,
  ImportStatus,
  QuotaStatus,
} from '@ikigai/contracts'
import { Problem } from './problem.ts'

/** An activity with Strava's own document, where it has been fetched. */
export type ActivityWithDetail = Activity & { readonly detail: unknown }

/** A step of a walk through all activities, each once; `next_cursor` is null after the last one. */
export type Step = ActivityWithDetail & { readonly next_cursor?: string | null }

export const me = () => call<Athlete>('/v1/me')
export const importStatus = () => call<ImportStatus>('/v1/import')
export const status = () => call<QuotaStatus>('/v1/status')
export const activity = (id: string) => call<ActivityWithDetail>(`/v1/activities/${encodeURIComponent(id)}`)
/** A walk begins with an empty cursor. */
export const randomActivity = (filter: ActivityFilter, cursor: string) =>
  call<Step>(`/v1/activities/random${query({ ...filter, cursor })}`)
export const signOut = () => call<undefined>('/auth/logout', { method: 'POST' })
export const disconnect = () => call<undefined>('/v1/me', { method: 'DELETE' })

/** All activities that fit, newest first. */
export async function allActivities(filter: ActivityFilter): Promise<Activity[]> {
  const found: Activity[] = []
  let cursor: string | null | undefined
  do {
    const page: ActivityPage = await call(`/v1/activities${query({ ...filter, limit: 200, cursor })}`)
    found.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return found
}

function query(parameters: Readonly<Record<string, string | number | null | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** The server is ours and its answers are tested against the contracts, so they are not checked once more. */
async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...init, headers: { accept: 'application/json' } })
  const text = await response.text()
  const body: unknown = text === '' ? undefined : parsed(text)
  if (!response.ok)
    throw new Problem(response.status, isObject(body) ? body : {}, response.headers.get('retry-after'))
  return body as T
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
