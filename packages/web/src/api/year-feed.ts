import type { ListedActivity } from '../model/calendar.ts'
import { applyChanges, type Changes, mergeChanges, NO_CHANGES } from '../model/year-list.ts'

/** The activities of a year, newest first. */
export interface YearList {
  readonly year: number
  readonly activities: readonly ListedActivity[]
  /** Number of activities of all years at the same time, so that counts and lists agree. */
  readonly stored: number
}

/** Requests of the feed, its listeners, and its clock. */
export interface YearFeedOptions {
  readonly readYear: (year: number) => Promise<readonly ListedActivity[]>
  /** Resolves with undefined if the activity was deleted. */
  readonly readActivity: (id: string) => Promise<ListedActivity | undefined>
  /** Reads the number of all activities. */
  readonly readStored: () => Promise<number>
  readonly onList: (list: YearList) => void
  readonly onProblem: (error: unknown) => void
  readonly clock: FeedClock
}

/** Time in milliseconds. */
export interface FeedClock {
  now(): number
  /** Runs something later; returns a function that cancels it. */
  after(ms: number, run: () => void): () => void
}

/** Changes within this time (ms) are applied together. */
export const COALESCE_MS = 300
/** Minimum time between updates (ms): an import changes hundreds of activities a second. */
export const MIN_UPDATE_INTERVAL_MS = 4_000
/** Maximum activities read one by one; for more, the year is read again, 200 activities a request. */
export const MAX_SINGLE_READS = 3
/** Maximum attempts to read a year and its count consistently: during an import the count may change each time. */
const MAX_READS = 2

/**
 * Keeps the list of a year up to date. Few changes are applied to the list in memory; the year is read when it is shown,
 * after many changes, and when the count of all activities shows that a change was missed.
 */
export class YearFeed {
  readonly #options: YearFeedOptions
  #year: number
  #list: YearList | undefined
  #stored = 0
  #pending = NO_CHANGES
  #mustRead = true
  #cancel: (() => void) | undefined
  #isBusy = false
  #isClosed = false
  #updatedAt = Number.NEGATIVE_INFINITY
  /** When a count that the changes do not explain counts as a missed change (epoch ms). */
  #countDueAt: number | undefined

  constructor(year: number, options: YearFeedOptions) {
    this.#year = year
    this.#options = options
  }

  /** Shows another year, without waiting. */
  show(year: number): void {
    if (year === this.#year) return
    this.#year = year
    this.#mustRead = true
    this.#updatedAt = Number.NEGATIVE_INFINITY
    this.#schedule()
  }

  /** Sets the number of all activities; while it is 0, nothing is read. */
  setStored(stored: number): void {
    this.#stored = stored
    this.#schedule()
  }

  add(changes: Changes): void {
    this.#pending = mergeChanges(this.#pending, changes)
    this.#schedule()
  }

  /** Reads the year again, because changes may have been missed. */
  readAgain(): void {
    this.#mustRead = true
    this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  /** Whether the list includes all known changes. */
  get #isCurrent(): boolean {
    return !this.#mustRead && this.#pending === NO_CHANGES && this.#list?.stored === this.#stored
  }

  #schedule(leastMs = COALESCE_MS): void {
    if (this.#isClosed || this.#isBusy || this.#stored === 0 || this.#isCurrent) return
    this.#cancel?.()
    const { clock } = this.#options
    const least = this.#list?.year === this.#year ? leastMs : 0
    const wait = Math.max(least, this.#updatedAt + MIN_UPDATE_INTERVAL_MS - clock.now())
    this.#cancel = clock.after(wait, () => void this.#update())
  }

  async #update(): Promise<void> {
    const waitMs = this.#canApply() && !this.#addsUp() ? this.#waitForCount() : 0
    if (waitMs > 0) return this.#schedule(waitMs)
    const isApplied = this.#canApply() && this.#addsUp()
    this.#countDueAt = undefined
    this.#isBusy = true
    try {
      const list = await (isApplied ? this.#apply() : this.#read())
      if (this.#isClosed) return
      if (list.year === this.#year) {
        this.#list = list
        this.#updatedAt = this.#options.clock.now()
        this.#options.onList(list)
      }
    } catch (error) {
      // The next change or year starts the next attempt.
      this.#mustRead = true
      if (!this.#isClosed) this.#options.onProblem(error)
      return
    } finally {
      this.#isBusy = false
    }
    this.#schedule()
  }

  /** Whether the changes are few enough to apply them to the list. */
  #canApply(): boolean {
    return (
      !this.#mustRead && this.#list?.year === this.#year && this.#pending.changed.size <= MAX_SINGLE_READS
    )
  }

  /** Whether the changes explain the count of all activities: none was missed. */
  #addsUp(): boolean {
    const { created, deleted } = this.#pending
    return (this.#list?.stored ?? 0) + created.size - deleted.size === this.#stored
  }

  /** Time (ms) to wait until the count agrees, because changes and counts arrive one after the other. */
  #waitForCount(): number {
    const now = this.#options.clock.now()
    this.#countDueAt ??= now + MIN_UPDATE_INTERVAL_MS
    return this.#countDueAt - now
  }

  async #apply(): Promise<YearList> {
    const { changed, deleted } = this.#takePending()
    const [year, before, stored] = [this.#year, this.#list?.activities ?? [], this.#stored]
    const ids = [...changed]
    const read = await Promise.all(ids.map(this.#options.readActivity))
    const found = read.filter((activity) => activity !== undefined)
    const gone = new Set([...deleted, ...ids.filter((_, at) => read[at] === undefined)])
    return { year, activities: applyChanges(year, before, found, gone), stored }
  }

  async #read(): Promise<YearList> {
    const year = this.#year
    let before = this.#stored
    for (let left = MAX_READS; ; left -= 1) {
      this.#takePending()
      this.#mustRead = false
      const activities = await this.#options.readYear(year)
      const stored = await this.#options.readStored()
      if (stored === before || left === 1) {
        this.#stored = stored
        return { year, activities, stored }
      }
      before = stored
    }
  }

  #takePending(): typeof NO_CHANGES {
    const taken = this.#pending
    this.#pending = NO_CHANGES
    return taken
  }
}
