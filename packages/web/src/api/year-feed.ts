import type { ListedActivity } from '../model/calendar.ts'
import { applyChanges, type Changes, mergeChanges, NO_CHANGES } from '../model/year-list.ts'

/** The activities of a year, newest first. */
export interface YearList {
  readonly year: number
  readonly activities: readonly ListedActivity[]
  /** How many activities of all years there were at the same time, so that counts and lists move together. */
  readonly stored: number
}

/** Requests of the feed, its listeners, and the time. */
export interface YearFeedOptions {
  readonly readYear: (year: number) => Promise<readonly ListedActivity[]>
  /** Resolves with undefined when the activity is gone. */
  readonly readActivity: (id: string) => Promise<ListedActivity | undefined>
  /** How many activities there are. */
  readonly readStored: () => Promise<number>
  readonly onList: (list: YearList) => void
  readonly onProblem: (error: unknown) => void
  readonly clock: FeedClock
}

/** Time in milliseconds. */
export interface FeedClock {
  now(): number
  /** Runs something later; returns what cancels it. */
  after(ms: number, run: () => void): () => void
}

/** Changes that come together are applied together. */
export const COALESCE_MS = 300
/** An import changes hundreds of activities a second: they are applied no more often than this. */
export const MIN_UPDATE_INTERVAL_MS = 4_000
/** More changed activities than this are read with the whole year, in one request for 200 of them. */
export const MAX_SINGLE_READS = 3
/** While an import runs, the count may change during each attempt to read a year. */
const MAX_READS = 2

/**
 * Keeps the list of a year up to date. Few changes are applied to the list in memory; the year is read when it is shown, when
 * many have changed, and when the count of all activities says that a change is missing.
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
  /** When a count that does not add up is taken for a change that is missing. */
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

  /** How many activities there are by now; as long as there is none, nothing is read. */
  setStored(stored: number): void {
    this.#stored = stored
    this.#schedule()
  }

  add(changes: Changes): void {
    this.#pending = mergeChanges(this.#pending, changes)
    this.#schedule()
  }

  /** Anything may have changed. */
  readAgain(): void {
    this.#mustRead = true
    this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  /** Whether the list shows all that is known. */
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
      // The next change, or the next year, is the next attempt.
      this.#mustRead = true
      if (!this.#isClosed) this.#options.onProblem(error)
      return
    } finally {
      this.#isBusy = false
    }
    this.#schedule()
  }

  /** The list needs few changes only. */
  #canApply(): boolean {
    return (
      !this.#mustRead && this.#list?.year === this.#year && this.#pending.changed.size <= MAX_SINGLE_READS
    )
  }

  /** The changes explain the count of all activities: none is missing. */
  #addsUp(): boolean {
    const { created, deleted } = this.#pending
    return (this.#list?.stored ?? 0) + created.size - deleted.size === this.#stored
  }

  /** Changes and counts come one after the other. Returns for how long the rest is still waited for (ms). */
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
