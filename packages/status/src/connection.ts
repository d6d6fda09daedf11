import type { Connection } from '@ikigai/contracts'

/** What is known of an athlete's grant. */
export interface ConnectionFacts {
  readonly grantState: 'active' | 'needs_reauthorization'
  readonly scopes: readonly string[]
  /** When all of the athlete's data is erased unless they connect again; null: not because of the grant. */
  readonly erasureDueAt: Date | null
  /** When an end of the grant at Strava was reported, that is not disproved. */
  readonly endReportedAt: Date | null
}

/** Either of these lets an application list activities (Strava API docs, "Authentication"). */
const READING_SCOPES = ['activity:read', 'activity:read_all']

/**
 * State of an athlete's connection to Strava. An athlete who is not known has none: they are disconnected, and everything of
 * theirs is erased.
 *
 * - `active`: ikigai may read their activities
 * - `needs_reauthorization`: Strava refuses the grant, or it cannot be opened
 * - `ended_at_strava`: as before, and the athlete's disconnecting at Strava was reported: the grace period runs
 * - `scope_missing`: the grant does not allow reading activities
 *
 * All but the first can only be ended by the athlete, who connects again, or by the erasure.
 */
export function connectionOf(facts: ConnectionFacts): Connection {
  const { grantState, scopes, erasureDueAt, endReportedAt } = facts
  if (grantState === 'needs_reauthorization') {
    return {
      state: endReportedAt === null ? 'needs_reauthorization' : 'ended_at_strava',
      erased_at: erasureDueAt?.toISOString() ?? null,
    }
  }
  const mayRead = scopes.some((scope) => READING_SCOPES.includes(scope))
  return { state: mayRead ? 'active' : 'scope_missing', erased_at: null }
}

/** Why the athlete must connect again; undefined: they need not. */
export function athletesPart({ state }: Connection): 'needs_reauthorization' | 'scope_missing' | undefined {
  if (state === 'active') return undefined
  return state === 'scope_missing' ? state : 'needs_reauthorization'
}
