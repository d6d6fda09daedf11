interface Entry<Key> {
  readonly key: Key
  sequence: number
  isTaken: boolean
}

/**
 * The order of a lane: first in, first out over athletes, one call each, and after it to the tail. That is the round robin,
 * however much each has waiting. Athletes who are watching may be served before their turn, by every second call at most, so
 * a newcomer waits for one call of each athlete ahead, and as many again of those who watch.
 *
 * The reference for the statements of the fetcher, and what the simulation runs.
 */
export class FairQueue<Key> {
  /** In the order of their sequences, because an entry that gets a new one is put in anew. */
  readonly #entries = new Map<Key, Entry<Key>>()
  readonly #watchers = new Set<Key>()
  readonly #isWatching: (key: Key) => boolean
  #sequence = 0
  /** The last call was given to an athlete who was watching, before their turn. */
  #hasFavoured = false

  /** @param isWatching asked of those for whom {@link watch} was called, whenever it matters */
  constructor(isWatching: (key: Key) => boolean) {
    this.#isWatching = isWatching
  }

  get size(): number {
    return this.#entries.size
  }

  /** Asks for a place at the tail; an athlete has one at most. */
  add(key: Key): void {
    if (!this.#entries.has(key)) this.#toTail(key)
  }

  /** This athlete may be watching. */
  watch(key: Key): void {
    this.#watchers.add(key)
  }

  /** Takes the athlete whose call is next, if there is one that is not taken. */
  take(): Key | undefined {
    const head = this.#first()
    if (head === undefined) return undefined
    const next = (this.#hasFavoured ? undefined : this.#firstWatching()) ?? head
    this.#hasFavoured = next !== head
    next.isTaken = true
    return next.key
  }

  /** Whether {@link take} would find one. */
  hasNext(): boolean {
    return this.#first() !== undefined
  }

  /** Gives a taken one back to its place: the call was not made. */
  release(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) entry.isTaken = false
  }

  /** Ends a taken one's call. `hasMore`: there is more to call for this athlete. */
  finish(key: Key, hasMore: boolean): void {
    this.#entries.delete(key)
    if (hasMore) this.#toTail(key)
  }

  /** Where an athlete stands: whoever has a smaller number stands before them. */
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

/** Athletes who have pages to come, and are alike. */
export interface PagesToCome {
  /** Of each of them. */
  readonly pages: number
  /** Whether they stand before the athlete in question. */
  readonly isAhead: boolean
  readonly isWatching: boolean
  readonly count: number
}

/** Pages of others that are served before the last of one's own. */
export interface PagesBefore {
  /** By the order of the lane: of each other athlete as many as one's own, and one fewer of those who stand behind. */
  readonly inTurn: number
  /** While one watches: those of the others who do, and as many again of the rest, whose every second call it is. */
  readonly whileWatching: number
}

/** See {@link PagesBefore}; `own`: pages of one's own that are to come. */
export function pagesBefore(own: number, others: readonly PagesToCome[]): PagesBefore {
  const inTurn = (isWatching: boolean) =>
    others
      .filter((other) => other.isWatching === isWatching)
      .reduce((sum, { pages, isAhead, count }) => sum + count * Math.min(pages, own - (isAhead ? 0 : 1)), 0)
  const [watching, rest] = [inTurn(true), inTurn(false)]
  return { inTurn: watching + rest, whileWatching: watching + Math.min(rest, watching + own) }
}
