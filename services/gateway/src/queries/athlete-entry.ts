import type { StravaId } from '@ikigai/contracts'
import type { ActivityIds } from './activity-ids.ts'
import type { CachedActivity } from './cached-text.ts'

type Found = ReadonlyMap<StravaId, CachedActivity>

/** Reads under way or next, shared by all who ask meanwhile. */
interface NextRead {
  readonly ids: Set<StravaId>
  readonly found: Promise<Found>
}

let lastSerial = 0

/** What an `ActivityCache` knows of one athlete, beside the texts. */
export class AthleteEntry {
  readonly athleteId: StravaId
  /** No other entry of this process has it. */
  readonly serial: number
  asked = 0
  askedAt = Number.NEGATIVE_INFINITY
  /** Of the athlete's rows: everything cached was read after this version was. */
  version: string | undefined
  /** Epoch ms at which the last check of the version began. */
  checkedAt = Number.NEGATIVE_INFINITY
  checking: Promise<AthleteEntry> | undefined
  /** Activities read so far, and their memory. */
  count = 0
  bytes = 0
  /** How many the next read takes along, and up to where that has been done. */
  readAhead = 1
  readUpTo = 0
  readonly #loading = new Map<string, Promise<ActivityIds>>()
  #next: NextRead | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(athleteId: StravaId) {
    this.athleteId = athleteId
    lastSerial += 1
    this.serial = lastSerial
  }

  /** An entry of the same athlete, who goes on asking, without anything cached. */
  emptied(): AthleteEntry {
    const entry = new AthleteEntry(this.athleteId)
    entry.asked = this.asked
    entry.askedAt = this.askedAt
    return entry
  }

  /** Reads activities with one statement at a time: who asks during one shares the next. */
  read(id: StravaId, readAll: (ids: ReadonlySet<StravaId>) => Promise<Found>): Promise<Found> {
    if (this.#next === undefined) {
      const ids = new Set<StravaId>()
      const found = this.#last.then(() => {
        this.#next = undefined
        return readAll(ids)
      })
      this.#last = found.catch(() => {})
      this.#next = { ids, found }
    }
    this.#next.ids.add(id)
    return this.#next.found
  }

  /** Loads ids once, however many ask meanwhile. */
  once(key: string, load: () => Promise<ActivityIds>): Promise<ActivityIds> {
    const under = this.#loading.get(key)
    if (under !== undefined) return under
    const loading = load().finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }
}
