import type { ActivityPage } from '@ikigai/strava'

/** Where the walk through a history stands: the next page asks for starts before this, in epoch seconds. */
export interface Cursor {
  /** null asks for the newest page. */
  readonly before: number | null
  /** 1, but where more activities share a start second than a page holds. */
  readonly page: number
}

/** Strava's largest page (Strava API docs, "Pagination"). */
const PAGE_SIZE = 200

/** So many activities more of a page are on the page before it too, where several share one start second. */
const OVERLAP = 10
const SMALLEST_PAGE = 110

/**
 * How many activities a page asks for. Pages beyond the first one shrink, so that they begin within the one before:
 * a deletion between the two calls then moves nothing past us.
 */
export const pageSize = ({ page }: Cursor): number =>
  Math.max(SMALLEST_PAGE, PAGE_SIZE - OVERLAP * (page - 1))

/**
 * The page after this one, or undefined when this was the last. Walks by start time, because page numbers shift
 * while activities come and go; a second is asked for again, because two activities can share it.
 */
export function nextCursor(
  cursor: Cursor,
  page: { readonly length: number; readonly oldestStart: number | undefined },
): Cursor | undefined {
  if (page.length < pageSize(cursor)) return undefined
  const { oldestStart } = page
  const before = oldestStart === undefined ? cursor.before : oldestStart + 1
  return before === cursor.before ? { before, page: cursor.page + 1 } : { before, page: 1 }
}

/** When the oldest activity of a page started, in epoch seconds. */
export function oldestStart({ activities }: Pick<ActivityPage, 'activities'>): number | undefined {
  if (activities.length === 0) return undefined
  return activities.reduce(
    (oldest, { startDate }) => Math.min(oldest, startDate.getTime() / 1_000),
    Number.MAX_SAFE_INTEGER,
  )
}
