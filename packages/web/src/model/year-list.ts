import type { ListedActivity } from './calendar.ts'
import { dayOf } from './dates.ts'

/** Ids of created, updated and deleted activities. */
export interface Changes {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly deleted: readonly string[]
}

/** Ids of activities that have changed since a list was read, grouped by the last change of each. */
export interface PendingChanges {
  /** Activities to read: created and updated ones. */
  readonly changed: ReadonlySet<string>
  /** The created ones among them. */
  readonly created: ReadonlySet<string>
  readonly deleted: ReadonlySet<string>
}

export const NO_CHANGES: PendingChanges = { changed: new Set(), created: new Set(), deleted: new Set() }

/** Adds later changes. */
export function mergeChanges(earlier: PendingChanges, later: Changes): PendingChanges {
  const changed = new Set(earlier.changed)
  const created = new Set(earlier.created)
  const deleted = new Set(earlier.deleted)
  for (const id of [...later.created, ...later.updated]) changed.add(id)
  for (const id of later.created) {
    // Deleted and created again: the list still has it, so it counts as changed.
    if (!deleted.delete(id)) created.add(id)
  }
  for (const id of later.deleted) {
    changed.delete(id)
    // Created and deleted since: it was never in the list.
    if (!created.delete(id)) deleted.add(id)
  }
  return { changed, created, deleted }
}

/** The activities of a year, newest first, after changes: `found` were read again, `gone` were deleted. */
export function applyChanges(
  year: number,
  activities: readonly ListedActivity[],
  found: readonly ListedActivity[],
  gone: ReadonlySet<string>,
): readonly ListedActivity[] {
  const read = new Set(found.map(({ id }) => id))
  const kept = activities.filter(({ id }) => !read.has(id) && !gone.has(id))
  const added = found.filter(({ start_time }) => dayOf(start_time).startsWith(`${year}-`))
  return [...kept, ...added].sort(byStart)
}

/** The API's order: newest first, ties by id. */
function byStart(one: ListedActivity, other: ListedActivity): number {
  const later = Date.parse(other.start_time) - Date.parse(one.start_time)
  if (later !== 0) return later
  return BigInt(one.id) > BigInt(other.id) ? -1 : 1
}
