import { savesTheEnd } from '@ikigai/strava'
import { type Athletes, bump } from './athletes.ts'
import type { Events } from './events.ts'
import type { Measures } from './measures/measures.ts'
import type { Random } from './random.ts'
import type { Job, Scheduler } from './schedulers/scheduler.ts'
import { callsOfWalk } from './walks.ts'
import { BEGIN, DAY_MS } from './workload.ts'

/** Interval of resyncs, so that no row is unconfirmed for more than seven days. */
const RELIST_MS = { after: 5 * DAY_MS, spread: 1 * DAY_MS }

/** Periodic resyncs, which confirm rows and find missed activities. */
export class Resyncs {
  readonly #athletes: Athletes
  readonly #scheduler: Scheduler
  readonly #measures: Measures
  readonly #events: Events
  readonly #random: Random

  constructor(parts: {
    readonly athletes: Athletes
    readonly scheduler: Scheduler
    readonly measures: Measures
    readonly events: Events
    readonly random: Random
  }) {
    this.#athletes = parts.athletes
    this.#scheduler = parts.scheduler
    this.#measures = parts.measures
    this.#events = parts.events
    this.#random = parts.random
  }

  /** Adds an athlete from before the start: everything is stored, and was confirmed in the last days. */
  establish(athlete: number): void {
    const { unlisted, stored, undetailed } = this.#athletes
    stored[athlete] = unlisted[athlete] ?? 0
    unlisted[athlete] = 0
    undetailed[athlete] = 0
    this.confirmed(athlete, BEGIN - Math.floor(this.#random.next() * RELIST_MS.after))
  }

  /** Records that Strava confirmed all rows of the athlete at `at`. */
  confirmed(athlete: number, at: number): void {
    this.#athletes.confirmedAt[athlete] = at
    if (this.#scheduler.maintains) this.#later(athlete, at)
  }

  #later(athlete: number, now: number): void {
    const at = now + RELIST_MS.after + Math.floor(this.#random.next() * RELIST_MS.spread)
    this.#events.add({ kind: 'relist', athlete, at })
  }

  begin(athlete: number, now: number): void {
    const { relistPages, relistedAt, resyncs, stored } = this.#athletes
    bump(resyncs, athlete, 1)
    relistPages[athlete] = callsOfWalk(stored[athlete] ?? 0, {
      savesTheEnd: savesTheEnd(resyncs[athlete] ?? 0),
    })
    relistedAt[athlete] = 0
    this.#scheduler.add({ lane: 'resync', athlete, since: now }, now)
  }

  /** Processes one page. */
  nextPage({ athlete }: Job, now: number): void {
    const { relistPages, relistedAt, confirmedAt, missedAt, stored } = this.#athletes
    if (relistedAt[athlete] === 0) relistedAt[athlete] = now
    bump(relistPages, athlete, -1)
    if ((relistPages[athlete] ?? 0) > 0) {
      this.#scheduler.add({ lane: 'resync', athlete, since: now }, now, true)
      return
    }
    confirmedAt[athlete] = relistedAt[athlete] ?? now
    const missed = missedAt[athlete] ?? 0
    if (missed > 0) {
      this.#measures.found.add(now - missed)
      bump(stored, athlete, 1)
    }
    missedAt[athlete] = 0
    this.#later(athlete, relistedAt[athlete] ?? now)
  }
}
