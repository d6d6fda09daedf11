/** Minimum mean number of calls of an athlete before shares are compared. */
const TURNS = 4

/**
 * Jain's index over athletes with waiting imports: (Σx)² / (n·Σx²) of the calls of each athlete who waited all the time; 1
 * when all got the same number. Measured over intervals in which each athlete could have had several calls.
 */
export class Fairness {
  /** End of each interval (epoch ms) and its index. */
  readonly stretches: { at: number; index: number }[] = []
  readonly #waiting = new Set<number>()
  #served = new Map<number, number>()
  #total = 0

  joins(athlete: number): void {
    this.#waiting.add(athlete)
  }

  leaves(athlete: number): void {
    this.#waiting.delete(athlete)
    this.#total -= this.#served.get(athlete) ?? 0
    this.#served.delete(athlete)
    if (this.#served.size < 2) this.#begin()
  }

  serve(athlete: number, now: number): void {
    const served = this.#served.get(athlete)
    if (served === undefined) {
      if (this.#served.size < 2) this.#begin()
      return
    }
    this.#served.set(athlete, served + 1)
    this.#total++
    if (this.#total < TURNS * this.#served.size) return
    this.stretches.push({ at: now, index: jain(this.#served.values()) })
    this.#begin()
  }

  #begin(): void {
    this.#served = new Map(Array.from(this.#waiting, (athlete) => [athlete, 0]))
    this.#total = 0
  }

  /** The mean over all intervals; NaN if there was no competition. */
  mean(): number {
    return this.stretches.reduce((sum, { index }) => sum + index, 0) / this.stretches.length
  }
}

function jain(values: Iterable<number>): number {
  let [n, sum, squares] = [0, 0, 0]
  for (const value of values) {
    n++
    sum += value
    squares += value * value
  }
  return squares === 0 ? 1 : (sum * sum) / (n * squares)
}
