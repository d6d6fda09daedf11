import { asClockBound, WINDOW_MS, windowStart } from '@ikigai/quota'
import type { Projection } from './projection.ts'
import type { SimulationStep } from './queue-simulation.ts'

/** The pages that are served before an import is complete. */
export interface ImportQueue {
  /** The import's own remaining pages. */
  readonly pagesLeft: number
  /** Pages of others in the lane that are served before its last one: see `pagesBefore`. */
  readonly pagesAhead: number
  /** The same number while the athlete is watching. */
  readonly pagesAheadWhileWatching?: number | undefined
  /** Until when the athlete is assumed to watch: epoch ms. Absent: they are not watching. */
  readonly presentUntil?: number | undefined
}

/** Maximum share of a day's pages that later sign-ups get. */
const MAX_SHARE_OF_NEWCOMERS = 0.75

/**
 * The last page counts as served when less than this fraction of a call is left: in reality lanes make whole calls, so a small
 * fraction rarely delays it.
 */
const NEARLY_ALL = 0.1

/**
 * Estimates when an import's last page will be fetched (epoch ms), by simulating the windows with the waiting calls and the
 * expected arrivals. Infinite if the limit is 0.
 * @param projection of `now`, or a little earlier
 */
export function estimateCompletion(projection: Projection, queue: ImportQueue, now: number): number {
  const { pagesLeft, pagesAhead, pagesAheadWhileWatching = pagesAhead, presentUntil = 0 } = queue
  const bound = asClockBound(now)
  const endAfter = (ahead: number) => {
    const pages = {
      ahead: pagesLeft + ahead,
      turns: pagesLeft,
      waiting: projection.waitingSignUps,
      presentUntil,
      perSignUp: projection.pagesPerSignUp,
    }
    return simulateUntilLastPage(stepsFrom(projection.steps(1 + ahead / pagesLeft), bound.earliest), pages)
  }
  // A watcher is preferred, but does not watch until the end of a long history.
  const watched =
    pagesAheadWhileWatching < pagesAhead ? endAfter(pagesAheadWhileWatching) : Number.POSITIVE_INFINITY
  const end = watched <= presentUntil ? watched : endAfter(pagesAhead)
  return Math.round(end) + bound.now - bound.earliest
}

/** Skips the steps of an earlier projection that are over at `now`. */
function* stepsFrom(steps: Generator<SimulationStep, never>, now: number): Generator<SimulationStep, never> {
  for (;;) {
    const { value: step } = steps.next()
    if (step.to > now) yield step.from < now ? restOf(step, now) : step
  }
}

function restOf({ from, to, served }: SimulationStep, now: number): SimulationStep {
  const share = (to - now) / (to - from)
  return {
    from: now,
    to,
    served: { ...served, signup: served.signup * share, backfill: served.backfill * share },
  }
}

/** Pages until the import's last one, its own included, and the pages of waiting and expected sign-ups. */
interface Pages {
  ahead: number
  turns: number
  waiting: number
  readonly presentUntil: number
  readonly perSignUp: number
}

/** Simulates the first whole day in steps, skips as many days like it as possible, then simulates the rest. */
function simulateUntilLastPage(steps: Generator<SimulationStep, never>, pages: Pages): number {
  let day: { ahead: number; served: number } | undefined
  let skipped: number | undefined
  for (;;) {
    const { value: step } = steps.next()
    const { from, to, served } = step
    addOvertaking(pages, step)
    if (served.backfill >= pages.ahead - NEARLY_ALL)
      return from + (to - from) * Math.min(1, pages.ahead / served.backfill) + (skipped ?? 0) * WINDOW_MS.day
    pages.turns *= 1 - served.backfill / pages.ahead
    pages.ahead -= served.backfill
    if (day !== undefined) day.served += served.backfill
    if (windowStart('day', to) <= from) continue
    if (day !== undefined) {
      const progress = Math.max(day.ahead - pages.ahead, day.served * (1 - MAX_SHARE_OF_NEWCOMERS))
      const days = progress < 1 ? Number.POSITIVE_INFINITY : pages.ahead / progress
      if (skipped !== undefined || days === Number.POSITIVE_INFINITY)
        return to + ((skipped ?? 0) + days) * WINDOW_MS.day
      skipped = Math.floor(days)
      pages.turns *= (days % 1) / days
      pages.ahead -= skipped * progress
    }
    day = { ahead: pages.ahead, served: 0 }
  }
}

/**
 * Adds the pages of athletes who sign up later. They alternate with this athlete while both have pages left. A newcomer is
 * watching, so once this athlete stops watching, newcomers are served first. Waiting sign-ups may have stopped watching too.
 */
function addOvertaking(pages: Pages, { from, served }: SimulationStep): void {
  const waited = Math.min(served.signup, pages.waiting)
  pages.waiting -= waited
  const after = expectedPagesWithin(Math.max(0, pages.turns - 1), pages.perSignUp)
  const before = expectedPagesWithin(pages.turns, pages.perSignUp)
  pages.ahead += waited * after + (served.signup - waited) * (from < pages.presentUntil ? after : before)
}

/** Expected pages of a history served within `turns` turns, if lengths are widely spread around a mean of `pages`. */
const expectedPagesWithin = (turns: number, pages: number) => (pages * turns) / (pages + turns)
