import type { ActivityFilter, StravaId } from '@ikigai/contracts'
import { activities, type Db } from '@ikigai/db'
import { type VisibilityFilter, visibleTo } from './visibility.ts'

/** Of an id: its characters, its place and its time. */
const BYTES_PER_ID = 64

/** Ids of all activities that matched a filter, to draw from. */
export class ActivityIds {
  readonly bytes: number
  readonly #ids: StravaId[]
  /** Epoch ms from which on each may not be served. */
  readonly #until: number[]

  constructor(rows: readonly { readonly id: StravaId; readonly confirmedAt: Date }[], maxAgeMs: number) {
    this.#ids = rows.map(({ id }) => id)
    this.#until = rows.map(({ confirmedAt }) => confirmedAt.getTime() + maxAgeMs)
    this.bytes = rows.length * BYTES_PER_ID
  }

  /** One of those that may be served at `now`, each as likely as any other; undefined when there is none. */
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

  /** Up to `count` ids from a place on. */
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
