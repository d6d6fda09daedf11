/** The scopes that let an application read, as ikigai knows them (Strava API docs, authentication). */
export const READING_SCOPES = ['read', 'activity:read', 'activity:read_all'] as const

/** Which activities a grant shows: all of them, those that are not private, or none. */
export type ReadingRights = 'all' | 'public' | 'none'

/** What a grant with these scopes lets us read; other scopes make no difference. */
export function readingRights(scopes: readonly string[]): ReadingRights {
  if (scopes.includes('activity:read_all')) return 'all'
  return scopes.includes('activity:read') ? 'public' : 'none'
}
