import { type Athletes, bump } from './athletes.ts'
import type { Events } from './events.ts'
import type { Estimate, Revision } from './measures/estimates.ts'
import type { Measures } from './measures/measures.ts'
import type { Job, PagesOf, Scheduler } from './schedulers/scheduler.ts'
import { callsOfWalk } from './walks.ts'
import { isOut, MINUTE_MS, type Workload } from './workload.ts'

/** An ETA whose import has not ended. */
type OpenEstimate = Omit<Estimate, 'happened' | 'surprised'>

/** Maximum interval of checks of an ETA (ms); a check is judged when the time since the sign-up has doubled. */
const LOOKS_APART_MS = 60 * MINUTE_MS

/** Details fetched after a sign-up. */
const RECENT = 5

/** Running imports and their ETAs. */
export class Imports {
  /** The ETAs of each running import, by athlete. */
  readonly #estimates = new Map<number, OpenEstimate[]>()
  readonly #judgedAt = new Map<number, number>()
  readonly #athletes: Athletes
  readonly #workload: Workload
  readonly #scheduler: Scheduler
  readonly #measures: Measures
  readonly #events: Events

  constructor(parts: {
    readonly athletes: Athletes
    readonly workload: Workload
    readonly scheduler: Scheduler
    readonly measures: Measures
    readonly events: Events
  }) {
    this.#athletes = parts.athletes
    this.#workload = parts.workload
    this.#scheduler = parts.scheduler
    this.#measures = parts.measures
    this.#events = parts.events
  }

  /** Processes the page of a sign-up. Returns whether it was the whole history. */
  firstPage({ athlete, since }: Job, now: number): boolean {
    const { unlisted } = this.#athletes
    const whole = this.#storePage(athlete)
    const newest = Math.min(RECENT, this.#workload.athletes[athlete]?.history ?? 0)
    for (let i = 0; i < newest; i++) this.#scheduler.add({ lane: 'newest', athlete, since }, now)
    if (this.#scheduler.perCall === 1) unlisted[athlete] = Math.max(0, (unlisted[athlete] ?? 0) - newest)
    if (whole || (this.#scheduler.perCall === 1 && unlisted[athlete] === 0)) {
      this.#end(athlete, since, now)
      return true
    }
    this.#measures.fairness.joins(athlete)
    this.#scheduler.add({ lane: 'backfill', athlete, since }, now)
    this.#judgedAt.set(athlete, now)
    this.#estimate(athlete, now, 'sign-up')
    this.#lookLater(athlete, since, now)
    return false
  }

  /** Processes a later page. Returns whether it was the last one. */
  nextPage({ athlete, since }: Job, now: number): boolean {
    this.#measures.fairness.serve(athlete, now)
    if (this.#storePage(athlete)) {
      this.#measures.fairness.leaves(athlete)
      this.#end(athlete, since, now)
      return true
    }
    this.#scheduler.add({ lane: 'backfill', athlete, since }, now, true)
    return false
  }

  /** Whether the page was the last one: a list ends where Strava shows the end. */
  #storePage(athlete: number): boolean {
    const { perCall } = this.#scheduler
    const { unlisted, listCalls, stored } = this.#athletes
    bump(listCalls, athlete, -1)
    const left = unlisted[athlete] ?? 0
    const got = Math.min(perCall, left)
    bump(unlisted, athlete, -got)
    bump(stored, athlete, got)
    return perCall === 1 ? left <= 1 : (listCalls[athlete] ?? 0) <= 0
  }

  #end(athlete: number, since: number, now: number): void {
    this.#measures.addImport(since, now)
    for (const estimate of this.#estimates.get(athlete) ?? [])
      this.#measures.estimates.add({
        ...estimate,
        happened: now,
        surprised: this.#surprises(estimate.madeAt, now),
      })
    this.#estimates.delete(athlete)
    this.#judgedAt.delete(athlete)
  }

  /** Whether an outage or a wave of sign-ups occurred between the two times, which no ETA can foresee. */
  #surprises(from: number, to: number): boolean {
    return isOut(this.#workload, from, to) || this.#workload.waves.some((at) => from < at && at < to)
  }

  readonly #pages: PagesOf = {
    left: (athlete) => Math.max(1, this.#athletes.listCalls[athlete] ?? 1),
    all: (athlete) => callsOfWalk(this.#workload.athletes[athlete]?.history ?? 0),
  }

  /** Records the published ETA of an import. */
  #estimate(athlete: number, now: number, when: OpenEstimate['when']): void {
    const published = this.#scheduler.eta?.(athlete, this.#pages, now)
    if (published === undefined || published.eta === null) return
    const before = this.#estimates.get(athlete) ?? []
    const { eta: expected, latest } = published
    const estimate = { madeAt: now, expected, latest: latest ?? expected, when }
    this.#estimates.set(athlete, [...before, estimate])
    const last = before.at(-1)
    if (last !== undefined) this.#measures.estimates.addRevision(revisionOf(last, estimate))
  }

  /** Schedules the checks of an ETA: after one minute, two, four and so on, and every hour. */
  #lookLater(athlete: number, since: number, now: number): void {
    if (this.#scheduler.eta === undefined) return
    const doubled = Math.max(since + MINUTE_MS, since + 2 * (this.#judgedAt.get(athlete) ?? now) - 2 * since)
    this.#events.add({ kind: 'look', athlete, since, at: Math.min(doubled, now + LOOKS_APART_MS) })
  }

  lookAgain(athlete: number, since: number, now: number): void {
    if (!this.#estimates.has(athlete)) return
    const judgedAt = this.#judgedAt.get(athlete) ?? since
    const isJudged = now - since >= Math.max(MINUTE_MS, 2 * (judgedAt - since))
    if (isJudged) this.#judgedAt.set(athlete, now)
    this.#estimate(athlete, now, isJudged ? 'later' : 'between')
    this.#lookLater(athlete, since, now)
  }
}

const revisionOf = (before: OpenEstimate, after: OpenEstimate): Revision => ({
  at: after.madeAt,
  movedBy: after.expected - before.expected,
  remaining: Math.max(0, before.expected - after.madeAt),
})
