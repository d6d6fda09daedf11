import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** Approximate memory of one id with its time. */
const BYTES_PER_ID = 64

/** Ids of all activities that matched a filter, to draw from. */
export class ActivityIds {
  readonly bytes: number
  readonly #ids: StravaId[]
  /** When each id expires: epoch ms. */
  readonly #until: number[]

  constructor(rows: readonly { readonly id: StravaId; readonly confirmedAt: Date }[], maxAgeMs: number) {
    this.#ids = rows.map(({ id }) => id)
    this.#until = rows.map(({ confirmedAt }) => confirmedAt.getTime() + maxAgeMs)
    this.bytes = rows.length * BYTES_PER_ID
  }

  /** A uniformly random id of those that have not expired at `now`; undefined if there is none. */
  draw(now: number): StravaId | undefined {
    while (this.#ids.length > 0) {
      const place = Math.floor(Math.random() * this.#ids.length)
      if ((this.#until[place] ?? 0) > now) return this.#ids[place]
      this.#removeAt(place)
    }
    return undefined
  }

  remove(id: StravaId): void {
    const place = this.#ids.indexOf(id)
    if (place >= 0) this.#removeAt(place)
  }

  /** Up to `count` ids from index `from` on. */
  slice(from: number, count: number): readonly StravaId[] {
    return this.#ids.slice(from, from + count)
  }

  #removeAt(place: number): void {
    const [lastId, lastUntil] = [this.#ids.pop(), this.#until.pop()]
    if (place >= this.#ids.length || lastId === undefined || lastUntil === undefined) return
    this.#ids[place] = lastId
    this.#until[place] = lastUntil
  }
}

/**
 * The ids of all matching activities.
 * @throws InputError
 */
export const matchingIds = (db: Db, visibility: VisibilityFilter, filter: ActivityFilter) =>
  db
    .select({ id: activities.id, confirmedAt: activities.confirmedAt })
    .from(activities)
    .where(visibleTo(visibility, filter))
