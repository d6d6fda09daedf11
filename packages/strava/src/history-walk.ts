/**
 * The walk through an athlete's history, newest first: pure functions, no I/O. Strava leaves items out after it has cut the
 * page, so a short page need not be the last one, and Strava's documentation says to continue until an empty page
 * (Strava API docs, "Pagination"). Page numbers shift while activities come and go, so the walk follows start times, and
 * requests a second again, because several activities can share it.
 */

/** The position of a walk: the parameters of its next request. */
export interface Walk {
  /** Requests activities that start before this, in epoch seconds; null: the newest. */
  readonly before: number | null
  /** Above 1 only if one second holds more than a page, or no item of a page can be parsed. */
  readonly page: number
  /**
   * `onward`: from the second of the oldest activity seen. `probe`: the same after a page far from full, so that its
   * oldest activity, returned alone, is the end. `confirm`: only older activities, after a page without older ones.
   * `return`: as `onward`, because the page before must have left something out. `past`: as `confirm`, after `return` gave
   * nothing older again. `wary`: as `onward` for the rest of the walk, without further probes.
   */
  readonly step: 'onward' | 'probe' | 'confirm' | 'return' | 'past' | 'wary'
}

/** Summary of a page. Starts are epoch seconds; undefined where no item can be read. */
export interface ShownPage {
  /** Items of the page, including those that cannot be parsed. */
  readonly count: number
  readonly oldest: number | undefined
  readonly newest: number | undefined
  /** Number of its activities that started in the second `oldest`. */
  readonly atOldest: number
}

/** The stored part of the history that is walked; undefined for an import. */
export interface KnownHistory {
  /** Known activities, as old as the oldest one seen or older, that no page of this walk has returned. */
  readonly unmet: number
  /** Whether the walk ends with a short page once `unmet` is 0, without requesting the empty page after it. */
  readonly savesTheEnd: boolean
}

/** `end`: the history is complete. `incomplete`: no further activities although older ones are known, which proves nothing. */
export type WalkStep =
  | { readonly kind: 'ask'; readonly walk: Walk }
  | { readonly kind: 'end' }
  | { readonly kind: 'incomplete' }

/** Whether a request includes the start second of the oldest activity seen. */
const ASKS_FOR_SECOND = {
  onward: true,
  return: true,
  wary: true,
  probe: true,
  confirm: false,
  past: false,
} satisfies Record<Walk['step'], boolean>

/** The first request of a walk. */
export const WALK_START: Walk = { before: null, page: 1, step: 'onward' }

/** Strava's largest page (Strava API docs, "Pagination"). */
const PAGE_SIZE = 200
/** One of this many resyncs of an athlete requests activities older than the oldest known one. */
const RESYNCS_PER_END = 4
/** Overlap of consecutive pages of one start second, in activities: more than a page usually leaves out. */
const OVERLAP = 20
const MIN_PAGE_SIZE = 110
/** Share of missing items above which a page is probably the last: Strava leaves out only a few. */
const FAR_FROM_FULL = 0.1
/** Maximum page number of one request: 5,000 activities in one second, or as many unreadable pages, are not plausible. */
const MAX_PAGES = 50

/**
 * Page size of a request. Pages after the first one are smaller, so that they begin within the one before: then a deletion
 * between the two calls makes the walk miss nothing.
 */
export const pageSize = ({ page }: Pick<Walk, 'page'>): number =>
  Math.max(MIN_PAGE_SIZE, PAGE_SIZE - OVERLAP * (page - 1))

/** The start second of the oldest activity that a walk has seen before its next page; null before the first. */
export function oldestSeen({ before, step }: Walk): number | null {
  if (before === null) return null
  return ASKS_FOR_SECOND[step] ? before - 1 : before
}

/** {@link oldestSeen} after the walk's current page. */
export function oldestSeenWith(walk: Walk, { oldest }: Pick<ShownPage, 'oldest'>): number | null {
  const before = oldestSeen(walk)
  if (oldest === undefined) return before
  return before === null ? oldest : Math.min(before, oldest)
}

/**
 * Whether an athlete's n-th resync (from 1) ends at the oldest known activity. The others request the empty page after it,
 * because an older activity may have been uploaded whose webhook event was lost.
 */
export const savesTheEnd = (resync: number): boolean => resync % RESYNCS_PER_END !== 0

/** Decides the next request, or the end, after a page. */
export function follow(walk: Walk, shown: ShownPage, known?: KnownHistory): WalkStep {
  const size = pageSize(walk)
  if (known?.savesTheEnd === true && known.unmet === 0 && shown.count > 0 && shown.count < size)
    return { kind: 'end' }
  const seen = oldestSeen(walk)
  const { oldest } = shown
  if (oldest !== undefined && (seen === null || oldest < seen))
    return ask(afterOlder(walk, { ...shown, oldest }))
  if (isOldestAlone(walk, shown, seen) && (known === undefined || known.unmet === 0)) return { kind: 'end' }
  if (mayGoDeeper(walk, shown, seen)) return ask({ ...walk, page: walk.page + 1 })
  if (ASKS_FOR_SECOND[walk.step]) return ask(afterNothingOlder(walk, shown, seen))
  return { kind: known === undefined || known.unmet === 0 ? 'end' : 'incomplete' }
}

const ask = (walk: Walk): WalkStep => ({ kind: 'ask', walk })

/** The walk after a page with an activity older than all before. */
function afterOlder(walk: Walk, { count, oldest, atOldest }: ShownPage & { readonly oldest: number }): Walk {
  const { step } = walk
  const seen = oldestSeen(walk)
  // The page before was not the last, so activities in its oldest second may be missing, too.
  if (step === 'confirm' && seen !== null) return { before: seen + 1, page: 1, step: 'return' }
  if (step !== 'onward') return { before: oldest + 1, page: 1, step: 'wary' }
  const isFarFromFull = count > 1 && count <= pageSize(walk) * (1 - FAR_FROM_FULL) && atOldest === 1
  return { before: oldest + 1, page: 1, step: isFarFromFull ? 'probe' : 'onward' }
}

/**
 * Whether the page after one far from full has the oldest activity and nothing else: two answers agree that nothing is older.
 * An empty page does not say so: it lacks an activity that exists.
 */
const isOldestAlone = ({ step, page }: Walk, { count, newest }: ShownPage, seen: number | null): boolean =>
  step === 'probe' && page === 1 && count === 1 && newest === seen

/** The walk after a page without older activities, although it included the oldest second. */
function afterNothingOlder({ step, page }: Walk, { newest, count }: ShownPage, seen: number | null): Walk {
  if (step === 'return') return { before: seen, page: 1, step: 'past' }
  // The oldest activity is missing now, or others share its second and may be missing: requested again.
  if (seen !== null && page === 1 && (newest !== seen || count > 1))
    return { before: seen + 1, page: 1, step: 'return' }
  return { before: seen, page: 1, step: 'confirm' }
}

/** Whether the next page of the same request may have more of the same second, or items that can be parsed. */
function mayGoDeeper(walk: Walk, { count, newest }: ShownPage, seen: number | null): boolean {
  if (walk.page >= MAX_PAGES) return false
  if (newest === undefined) return count > 0
  // An activity newer than requested gives no information about later pages. The next page overlaps this one by some
  // activities: if more are left out, it begins after them.
  return newest === seen && count >= pageSize(walk) - OVERLAP
}
