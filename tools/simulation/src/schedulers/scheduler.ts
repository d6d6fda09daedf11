import type { Lane } from '@ikigai/contracts'
import type { PublishedEta } from '@ikigai/forecast'
import type { Outcome } from '@ikigai/quota'

/** One call for an athlete. */
export interface Job {
  readonly lane: Lane
  /** Index of the athlete. */
  readonly athlete: number
  /** Arrival: epoch ms. */
  readonly since: number
}

/** A job that may call now; schedulers extend it with their own data. */
export interface Start {
  readonly job: Job
}

/** Pages of an athlete's history, known in the simulation. */
export interface PagesOf {
  left(athlete: number): number
  all(athlete: number): number
}

/** Decides which call is made when. Times are exact (epoch ms). */
export interface Scheduler {
  readonly name: string
  /** Activities per call for the history: 200 by lists, 1 by details. */
  readonly perCall: number
  /** Whether it resyncs and fetches older details. */
  readonly maintains: boolean
  /** `next`: the rest of a history, after a part of it was served. */
  add(job: Job, now: number, next?: boolean): void
  /** The next job that may call, or when to check again; `at` is absent while everything waits for calls in flight. */
  next(now: number): { start: Start } | { at: number | undefined }
  /** Ends a call. Returns whether the job is done; otherwise it keeps waiting. */
  end(start: Start, outcome: Outcome, now: number): boolean
  /** Called when the replica died between reservation and settlement. */
  crash(start: Start, now: number): void
  /** Returns a job to its place after a crash. */
  giveBack(start: Start, now: number): void
  /** Waiting jobs. */
  waiting(): number
  /** The published ETA of an athlete's import, whose next page waits or is in flight. */
  eta?(athlete: number, pages: PagesOf, now: number): PublishedEta
}
