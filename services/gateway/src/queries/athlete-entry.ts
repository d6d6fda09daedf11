import type { StravaId } from '@ikigai/contracts'
import type { ActivityIds } from './activity-ids.ts'
import type { CachedActivity } from './cached-text.ts'

type Found = ReadonlyMap<StravaId, CachedActivity>

/** The next read of activities, shared by all callers until it starts. */
interface NextRead {
  readonly ids: Set<StravaId>
  readonly found: Promise<Found>
}

let lastSerial = 0

/** State of an `ActivityCache` for one athlete, without the cached texts. */
export class AthleteEntry {
  readonly athleteId: StravaId
  /** Unique in this process. */
  readonly serial: number
  asked = 0
  askedAt = Number.NEGATIVE_INFINITY
  /** Version of the athlete's rows. It was read before everything that is cached. */
  version: string | undefined
  /** Epoch ms at which the last check of the version began. */
  checkedAt = Number.NEGATIVE_INFINITY
  checking: Promise<AthleteEntry> | undefined
  /** Number of activities read so far, and their bytes. */
  count = 0
  bytes = 0
  /** Number of activities that the next query reads ahead, and index up to which that was done. */
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

  /** A new entry of the same athlete with the same count of requests, and nothing cached. */
  emptied(): AthleteEntry {
    const entry = new AthleteEntry(this.athleteId)
    entry.asked = this.asked
    entry.askedAt = this.askedAt
    return entry
  }

  /** Reads activities with one query at a time; callers during a query share the next one. */
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

  /** Loads ids; concurrent callers share one query. */
  once(key: string, load: () => Promise<ActivityIds>): Promise<ActivityIds> {
    const running = this.#loading.get(key)
    if (running !== undefined) return running
    const loading = load().finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }
}
