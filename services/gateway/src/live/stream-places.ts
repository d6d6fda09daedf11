/** Gives back a place. Repetitions do nothing. */
export type LeavePlace = () => void

/** Places of which each key has a fixed number. */
export interface StreamPlaces {
  /** Takes a place at once; undefined when all of this key are taken. */
  take(key: string): LeavePlace | undefined
}

/** Counts places from when they are taken, so that those who ask at the same time count one another. */
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
