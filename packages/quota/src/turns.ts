/** A job's place in its lane: start-time fair queueing over athletes, every job of a lane costing one call. */
export interface Turn {
  /** The turn in which it is served: see {@link passOf}. */
  readonly pass: number
  /** Whether its athlete is here now, watching. */
  readonly present: boolean
  /** Order of arrival; never equal. */
  readonly arrival: number
}

/**
 * The pass of a new job. An athlete's jobs stand one pass apart, so that his next one comes after everybody else's
 * first; a newcomer begins at the pass that is being served, and so waits for one job of any other at most.
 * @param laneTime pass of the job that the lane served last; 0 before the first
 * @param lastPass pass of the athlete's latest job in this lane, served or not; 0 if there was none
 */
export const passOf = (laneTime: number, lastPass: number): number => Math.max(laneTime, lastPass) + 1

/** Who is served first: by pass; among equals those who are here, then by arrival. For `Array.prototype.sort`. */
export const compareTurns = (a: Turn, b: Turn): number =>
  a.pass - b.pass || Number(b.present) - Number(a.present) || a.arrival - b.arrival

/** Somebody's next page, and how many are still to come, that one included. */
export interface PagesToCome {
  readonly turn: Turn
  readonly pages: number
}

/**
 * Pages of another athlete that are served before the last one of `own`: one in each pass until then. In the last pass the
 * order is that of now, as each comes back when he has been served: whoever stands a pass further has just been.
 */
export function pagesBefore(other: PagesToCome, own: PagesToCome): number {
  const [his, mine] = [other.turn, own.turn]
  const passes = mine.pass + own.pages - 1 - his.pass
  const first = his.present === mine.present ? isEarlier(his, mine) : his.present
  return Math.min(other.pages, Math.max(0, passes + Number(first)))
}

const isEarlier = (a: Turn, b: Turn) => (a.pass === b.pass ? a.arrival < b.arrival : a.pass > b.pass)
