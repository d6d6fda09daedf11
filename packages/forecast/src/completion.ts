import { asClockBound, WINDOW_MS, windowStart } from '@ikigai/quota'
import type { Projection } from './projection.ts'
import type { SimulationStep } from './queue-simulation.ts'

/** What stands before the end of an import. */
export interface ImportQueue {
  /** Pages of its own that are still to come. */
  readonly pagesLeft: number
  /** Pages of others in the lane that are served before its last one: see `pagesBefore`. */
  readonly pagesAhead: number
  /** As many while the athlete watches. */
  readonly pagesAheadWhileWatching?: number | undefined
  /** Until then the athlete is among those who watch: epoch ms. Absent: they are not. */
  readonly presentUntil?: number | undefined
}

/** Over whole days, later sign-ups take at most this share of what histories are granted. */
const MAX_SHARE_OF_NEWCOMERS = 0.75

/**
 * The last page is served when so little of a call is missing: what is expected of more urgent lanes comes in whole calls,
 * and so small a part of one hardly ever comes before it.
 */
const NEARLY_ALL = 0.1

/**
 * When an import's last page will be there (epoch ms): what waits in the lanes and what is expected to arrive
 * go through the windows with it. Infinite where the limit is 0.
 * @param projection made at `now`, or a little before
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
  // An athlete who watches is served first; but the whole of a long history nobody watches.
  const watched =
    pagesAheadWhileWatching < pagesAhead ? endAfter(pagesAheadWhileWatching) : Number.POSITIVE_INFINITY
  const end = watched <= presentUntil ? watched : endAfter(pagesAhead)
  return Math.round(end) + bound.now - bound.earliest
}

/** Leaves out what is over at `now` of a projection that was made before it. */
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

/** Pages until the last one, and the athlete's own turns among them; and what sign-ups bring, waiting and to come. */
interface Pages {
  ahead: number
  turns: number
  waiting: number
  readonly presentUntil: number
  readonly perSignUp: number
}

/** Step by step to the end of the first whole day, then as many days like it at once, then to the end. */
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
 * Athletes who sign up later take turns with this one while both have pages left, each time after it. Those who watch may go
 * first, and a newcomer watches: once this athlete has gone, newcomers come before. Those who wait may have gone, too.
 */
function addOvertaking(pages: Pages, { from, served }: SimulationStep): void {
  const waited = Math.min(served.signup, pages.waiting)
  pages.waiting -= waited
  const after = expectedPagesWithin(Math.max(0, pages.turns - 1), pages.perSignUp)
  const before = expectedPagesWithin(pages.turns, pages.perSignUp)
  pages.ahead += waited * after + (served.signup - waited) * (from < pages.presentUntil ? after : before)
}

/** Pages of a history of `pages` pages on average that come within so many turns: many are short, and a few very long. */
const expectedPagesWithin = (turns: number, pages: number) => (pages * turns) / (pages + turns)
