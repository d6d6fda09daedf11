import type { Scope } from '../oauth/schemas.ts'
import { mayReadActivities, mayReadPrivateActivities } from '../oauth/scopes.ts'

/** A change of an activity. */
export type ActivityChange =
  | { kind: 'created' | 'deleted'; isPrivate: boolean }
  | { kind: 'edited'; wasPrivate: boolean; isPrivate: boolean; title?: string; type?: string }

/** The event that the application receives. */
export interface ToldChange {
  aspectType: 'create' | 'update' | 'delete'
  updates: Record<string, string>
}

function editUpdates(change: Extract<ActivityChange, { kind: 'edited' }>): Record<string, string> {
  return {
    ...(change.title !== undefined && { title: change.title }),
    ...(change.type !== undefined && { type: change.type }),
    ...(change.wasPrivate !== change.isPrivate && { private: String(change.isPrivate) }),
  }
}

/**
 * The event of a change for an application with these scopes; undefined: none. Only title, type and privacy
 * fire. Without `activity:read_all`, hiding looks like a delete and showing like a create
 * (Strava API docs, webhooks).
 */
export function eventOfChange(change: ActivityChange, scopes: readonly Scope[]): ToldChange | undefined {
  const sees = (isPrivate: boolean) =>
    mayReadPrivateActivities(scopes) || (!isPrivate && mayReadActivities(scopes))
  if (change.kind !== 'edited') {
    if (!sees(change.isPrivate)) return undefined
    return { aspectType: change.kind === 'created' ? 'create' : 'delete', updates: {} }
  }
  const [sawIt, seesIt] = [sees(change.wasPrivate), sees(change.isPrivate)]
  if (sawIt && !seesIt) return { aspectType: 'delete', updates: {} }
  if (!sawIt && seesIt) return { aspectType: 'create', updates: {} }
  const updates = editUpdates(change)
  return seesIt && Object.keys(updates).length > 0 ? { aspectType: 'update', updates } : undefined
}
