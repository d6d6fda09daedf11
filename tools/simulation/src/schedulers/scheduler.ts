import type { Lane } from '@ikigai/contracts'
import type { PublishedEta } from '@ikigai/forecast'
import type { Outcome } from '@ikigai/quota'

/** One call to be made for an athlete. */
export interface Job {
  readonly lane: Lane
  /** Index of the athlete. */
  readonly athlete: number
  /** When it came to wait: epoch ms. */
  readonly since: number
}

/** A job that may call now. The scheduler's own notes hang on it. */
export interface Start {
  readonly job: Job
}

/** Pages of an athlete's history, which are known here. */
export interface PagesOf {
  left(athlete: number): number
  all(athlete: number): number
}

/** Decides which call is made when. Times are true ones (epoch ms). */
export interface Scheduler {
  readonly name: string
  /** Activities that one call for the history brings: 200 by the list, 1 by the detail. */
  readonly perCall: number
  /** Whether it lists again and fetches older details. */
  readonly maintains: boolean
  /** `next`: the rest of a history, of which the athlete has just been served a part. */
  add(job: Job, now: number, next?: boolean): void
  /** The next job that may call, or when to ask again; `at` is absent while nothing waits but for calls to end. */
  next(now: number): { start: Start } | { at: number | undefined }
  /** The call has ended. Whether the job is done; otherwise it waits on. */
  end(start: Start, outcome: Outcome, now: number): boolean
  /** The replica has died between reservation and settlement. */
  crash(start: Start, now: number): void
  /** A job comes back after a crash, with its turn. */
  giveBack(start: Start, now: number): void
  /** Jobs that wait. */
  waiting(): number
  /** What is told of the end of an athlete's history, whose next page waits or is under way. */
  eta?(athlete: number, pages: PagesOf, now: number): PublishedEta
}
