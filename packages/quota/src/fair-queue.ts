interface Entry<Key> {
  readonly key: Key
  sequence: number
  isTaken: boolean
}

/**
 * The order of a lane: round robin over athletes, one call each, however much work each has. After a call the athlete moves to
 * the tail. Athletes who are watching are preferred with up to every second call, so a newcomer waits for one call of each
 * athlete ahead, and for as many again of watchers.
 *
 * The reference for the fetcher's SQL, and the implementation that the simulation runs.
 */
export class FairQueue<Key> {
  /** In the order of their sequences: an entry that gets a new sequence is inserted again. */
  readonly #entries = new Map<Key, Entry<Key>>()
  readonly #watchers = new Set<Key>()
  readonly #isWatching: (key: Key) => boolean
  #sequence = 0
  /** Whether the last call went to an athlete because they were watching. */
  #hasFavoured = false

  /** @param isWatching called for athletes passed to {@link watch} */
  constructor(isWatching: (key: Key) => boolean) {
    this.#isWatching = isWatching
  }

  get size(): number {
    return this.#entries.size
  }

  /** Adds an athlete at the tail, unless they have an entry. */
  add(key: Key): void {
    if (!this.#entries.has(key)) this.#toTail(key)
  }

  /** Notes that an athlete may be watching. */
  watch(key: Key): void {
    this.#watchers.add(key)
  }

  /** Claims the next athlete, if one is free. */
  take(): Key | undefined {
    const head = this.#first()
    if (head === undefined) return undefined
    const next = (this.#hasFavoured ? undefined : this.#firstWatching()) ?? head
    this.#hasFavoured = next !== head
    next.isTaken = true
    return next.key
  }

  /** Whether {@link take} would return an athlete. */
  hasNext(): boolean {
    return this.#first() !== undefined
  }

  /** Releases a claimed athlete, who keeps their place: the call was not made. */
  release(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) entry.isTaken = false
  }

  /** Ends the call of a claimed athlete. `hasMore`: the athlete has more work. */
  finish(key: Key, hasMore: boolean): void {
    this.#entries.delete(key)
    if (hasMore) this.#toTail(key)
  }

  /** The place of an athlete: smaller numbers are served first. */
  placeOf(key: Key): number | undefined {
    return this.#entries.get(key)?.sequence
  }

  #toTail(key: Key): void {
    this.#sequence += 1
    this.#entries.set(key, { key, sequence: this.#sequence, isTaken: false })
  }

  #first(): Entry<Key> | undefined {
    for (const entry of this.#entries.values()) if (!entry.isTaken) return entry
    return undefined
  }

  #firstWatching(): Entry<Key> | undefined {
    let first: Entry<Key> | undefined
    for (const key of this.#watchers) {
      const entry = this.#entries.get(key)
      if (!this.#isWatching(key)) this.#watchers.delete(key)
      else if (entry !== undefined && !entry.isTaken && entry.sequence < (first?.sequence ?? Infinity))
        first = entry
    }
    return first
  }
}

/** A group of athletes with the same number of pages left, place and presence. */
export interface PagesToCome {
  /** Pages left of each. */
  readonly pages: number
  /** Whether they are ahead of the athlete in question. */
  readonly isAhead: boolean
  readonly isWatching: boolean
  readonly count: number
}

/** Pages of other athletes that are served before the athlete's last one. */
export interface PagesBefore {
  /** By round robin: of each other athlete as many pages as the athlete has, and one fewer of those behind. */
  readonly inTurn: number
  /** While the athlete is watching: the pages of other watchers, and as many of the rest, who get every second call. */
  readonly whileWatching: number
}

/** Computes {@link PagesBefore}. `own`: pages left of the athlete. */
export function pagesBefore(own: number, others: readonly PagesToCome[]): PagesBefore {
  const inTurn = (isWatching: boolean) =>
    others
      .filter((other) => other.isWatching === isWatching)
      .reduce((sum, { pages, isAhead, count }) => sum + count * Math.min(pages, own - (isAhead ? 0 : 1)), 0)
  const [watching, rest] = [inTurn(true), inTurn(false)]
  return { inTurn: watching + rest, whileWatching: watching + Math.min(rest, watching + own) }
}
