import type { Step } from './course.ts'
import { asMoment } from './moment.ts'
import type { Outlook } from './outlook.ts'
import { WINDOW_MS, windowStart } from './windows.ts'

/** What stands before the end of an import. */
export interface ImportQueue {
  /** Pages of his own that are still to come. */
  readonly own: number
  /** Pages of the others in the lane that are served before his last one: see `pagesBefore`. */
  readonly others: number
  /** Until then the athlete is among those who watch: epoch ms. Absent: they are not. */
  readonly presentUntil?: number | undefined
}

/** Over whole days, those who sign up later never take more than this share of what histories are granted. */
const MOST_TO_NEWCOMERS = 0.75

/**
 * When an import's last page will be there (epoch ms): what waits in the lanes and what is expected to come into them
 * go through the windows with it. Infinite where the limit is 0.
 * @param outlook made at `now`, or a little before
 */
export function importEnd(outlook: Outlook, queue: ImportQueue, now: number): number {
  const { own, others, presentUntil = 0 } = queue
  const moment = asMoment(now)
  const pages = {
    ahead: own + others,
    turns: own,
    waiting: outlook.signUps,
    presentUntil,
    perSignUp: outlook.pagesPerSignUp,
  }
  const end = lastPage(stepsFrom(outlook.steps(1 + others / own), moment.earliest), pages)
  return Math.round(end) + moment.now - moment.earliest
}

/** Leaves out what is over at `now` of an outlook that was made before it. */
function* stepsFrom(steps: Generator<Step, never>, now: number): Generator<Step, never> {
  for (;;) {
    const { value: step } = steps.next()
    if (step.to > now) yield step.from < now ? rest(step, now) : step
  }
}

function rest({ from, to, served }: Step, now: number): Step {
  const share = (to - now) / (to - from)
  return {
    from: now,
    to,
    served: { ...served, signup: served.signup * share, backfill: served.backfill * share },
  }
}

/** Pages until his last one, and his own turns among them; and what sign-ups bring, those that wait and those to come. */
interface Pages {
  ahead: number
  turns: number
  waiting: number
  readonly presentUntil: number
  readonly perSignUp: number
}

/** Step by step to the end of the first whole day, then as many days like it at once, then to the end. */
function lastPage(steps: Generator<Step, never>, pages: Pages): number {
  let day: { ahead: number; served: number } | undefined
  let skipped: number | undefined
  for (;;) {
    const { value: step } = steps.next()
    const { from, to, served } = step
    comeBetween(pages, step)
    if (served.backfill >= pages.ahead)
      return from + ((to - from) * pages.ahead) / served.backfill + (skipped ?? 0) * WINDOW_MS.day
    pages.turns *= 1 - served.backfill / pages.ahead
    pages.ahead -= served.backfill
    if (day !== undefined) day.served += served.backfill
    if (windowStart('day', to) <= from) continue
    if (day !== undefined) {
      const progress = Math.max(day.ahead - pages.ahead, day.served * (1 - MOST_TO_NEWCOMERS))
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
 * Who signs up later takes turns with him while both have pages left, each time after him. Who is there goes first among
 * equals, and who signs up is there: so once he himself is gone, they come before him. Those who wait may have gone, too.
 */
function comeBetween(pages: Pages, { from, served }: Step): void {
  const waited = Math.min(served.signup, pages.waiting)
  pages.waiting -= waited
  const after = pagesWithin(Math.max(0, pages.turns - 1), pages.perSignUp)
  const before = pagesWithin(pages.turns, pages.perSignUp)
  pages.ahead += waited * after + (served.signup - waited) * (from < pages.presentUntil ? after : before)
}

/** Of a history with about so many pages, those that come within so many turns: many are short, and a few very long. */
const pagesWithin = (turns: number, pages: number) => (pages * turns) / (pages + turns)
