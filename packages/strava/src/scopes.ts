/** The scopes that ikigai requests (Strava API docs, authentication). */
export const REQUESTED_SCOPES = ['read', 'activity:read', 'activity:read_all'] as const

/** The activities that a grant can read: all, the public ones, or none. */
export type ReadingRights = 'all' | 'public' | 'none'

/** The rights that these scopes give; unknown scopes are ignored. */
export function readingRights(scopes: readonly string[]): ReadingRights {
  if (scopes.includes('activity:read_all')) return 'all'
  return scopes.includes('activity:read') ? 'public' : 'none'
}
