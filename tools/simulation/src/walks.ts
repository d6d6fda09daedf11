import { follow, pageSize, WALK_START } from '@ikigai/strava'

const known = new Map<string, number>()

/**
 * Calls of a walk through a regular history of `history` activities, by the production rule. `savesTheEnd`: all of
 * them are known, and the walk does not request activities older than the oldest.
 */
export function callsOfWalk(history: number, { savesTheEnd = false } = {}): number {
  const key = `${history},${savesTheEnd}`
  const calls = known.get(key) ?? countCalls(history, savesTheEnd)
  known.set(key, calls)
  return calls
}

/** One activity starts in each second, from `history` back to 1. */
function countCalls(history: number, savesTheEnd: boolean): number {
  let walk = WALK_START
  for (let calls = 1; ; calls++) {
    const newest = walk.before === null ? history : walk.before - 1
    const count = Math.min(pageSize(walk), newest)
    const oldest = newest - count + 1
    const shown =
      count === 0
        ? { count, oldest: undefined, newest: undefined, atOldest: 0 }
        : { count, oldest, newest, atOldest: 1 }
    const unmet = savesTheEnd ? oldest - 1 : 0
    const next = follow(walk, shown, { unmet, savesTheEnd })
    if (next.kind !== 'ask') return calls
    walk = next.walk
  }
}
