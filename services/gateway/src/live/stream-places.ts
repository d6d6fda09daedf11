/** Releases a place. Further calls do nothing. */
export type LeavePlace = () => void

/** Limits concurrency per key: each key has a fixed number of places. */
export interface StreamPlaces {
  /** Takes a place, without waiting; undefined if all places of this key are taken. */
  take(key: string): LeavePlace | undefined
}

/** @param max places per key; they count from `take` on, so concurrent callers cannot exceed it */
export function createStreamPlaces(max: number): StreamPlaces {
  const takenOf = new Map<string, number>()
  return {
    take(key) {
      const taken = takenOf.get(key) ?? 0
      if (taken >= max) return undefined
      takenOf.set(key, taken + 1)
      let isLeft = false
      return () => {
        if (isLeft) return
        isLeft = true
        const left = (takenOf.get(key) ?? 1) - 1
        if (left > 0) takenOf.set(key, left)
        else takenOf.delete(key)
      }
    },
  }
}
