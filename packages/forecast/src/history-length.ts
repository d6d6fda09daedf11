/** A page has 200 activities; all but the first repeat at least one, because its start second is requested again. */
export const PAGE_SIZE = 200
export const NEW_ON_PAGE = PAGE_SIZE - 1

/** Share of the account's life that the pages must cover before the length is estimated. */
const MIN_SHARE_SEEN = 0.8

/** Facts about the pages of an import so far. */
export interface PagesSeen {
  /** Pages so far, all of them full. */
  readonly pages: number
  /** Start of the oldest activity on them: epoch s; null before the first page. */
  readonly cursorBefore: number | null
  /** When the import began: epoch ms. */
  readonly startedAt: number
  /** When the athlete's account at Strava was created: epoch ms; null if Strava did not report it. */
  readonly accountCreatedAt: number | null
}

/**
 * Estimates the activities of a whole history; null until the pages cover most of the account's life, because only then is the
 * rest short. Before the account's creation there are only uploads of older activities, whose number is unknown.
 */
export function historyLength({
  pages,
  cursorBefore,
  startedAt,
  accountCreatedAt,
}: PagesSeen): number | null {
  if (cursorBefore === null || accountCreatedAt === null || pages === 0) return null
  const seen = startedAt - cursorBefore * 1_000
  const unseen = cursorBefore * 1_000 - accountCreatedAt
  if (unseen < 0 || seen < MIN_SHARE_SEEN * (seen + unseen)) return null
  const listed = pages * NEW_ON_PAGE + 1
  return listed + Math.ceil((listed * unseen) / seen)
}
