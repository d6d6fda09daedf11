import type { Connection } from '@ikigai/contracts'

/** The stored facts about an athlete's grant. */
export interface ConnectionFacts {
  readonly grantState: 'active' | 'needs_reauthorization'
  readonly scopes: readonly string[]
  /** When all of the athlete's data is erased unless they connect again; null: no erasure is due. */
  readonly erasureDueAt: Date | null
  /** When a disconnect at Strava was reported that nothing has contradicted. */
  readonly endReportedAt: Date | null
}

/** Either of these lets an application list activities (Strava API docs, "Authentication"). */
const READING_SCOPES = ['activity:read', 'activity:read_all']

/**
 * State of an athlete's connection to Strava. Disconnected athletes are erased, so they have none.
 *
 * - `active`: ikigai may read their activities
 * - `needs_reauthorization`: Strava refuses the grant, or no key decrypts it
 * - `ended_at_strava`: the same, and a disconnect at Strava was reported: the grace period runs
 * - `scope_missing`: the grant does not allow reading activities
 *
 * All but the first end only when the athlete connects again, or with the erasure.
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

/** Why the athlete must connect again; undefined for an active connection. */
export function reasonToReconnect({
  state,
}: Connection): 'needs_reauthorization' | 'scope_missing' | undefined {
  if (state === 'active') return undefined
  return state === 'scope_missing' ? state : 'needs_reauthorization'
}
