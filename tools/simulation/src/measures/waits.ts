/** A histogram of durations with steps of a tenth of the value. */
export class Waits {
  readonly #counts: number[] = []
  count = 0

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(1, ms)) / STEP))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.count++
  }

  /** In ms; NaN without durations. */
  quantile(share: number): number {
    let left = Math.ceil(this.count * share)
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count ?? 0
      if (left <= 0 && count !== undefined) return Math.exp(bucket * STEP)
    }
    return Number.NaN
  }
}

const STEP = Math.log(1.1)
