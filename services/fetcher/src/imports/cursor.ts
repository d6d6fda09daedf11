/** Where the walk through a history stands: the next page asks for starts before this, in epoch seconds. */
export interface Cursor {
  /** null asks for the newest page. */
  readonly before: number | null
  /** 1, but where more activities share a start second than a page holds. */
  readonly page: number
}

/** Strava's largest page (Strava API docs, "Pagination"). */
export const PAGE_SIZE = 200

/**
 * The page after this one, or undefined when this was the last. Walks by start time, because page numbers shift
 * while activities come and go; a second is asked for again, because two activities can share it.
 */
export function nextCursor(
  cursor: Cursor,
  page: { readonly length: number; readonly oldestStart: number | undefined },
): Cursor | undefined {
  if (page.length < PAGE_SIZE) return undefined
  const { oldestStart } = page
  const before = oldestStart === undefined ? cursor.before : oldestStart + 1
  return before === cursor.before ? { before, page: cursor.page + 1 } : { before, page: 1 }
}
