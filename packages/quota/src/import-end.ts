import type { Lane } from '@ikigai/contracts'
import { Course, PAGE_MS, PER_SECOND } from './course.ts'
import { type Demand, withQueued } from './demand.ts'
import { asMoment } from './moment.ts'
import { roll } from './rules.ts'
import type { LedgerState } from './state.ts'
import { WINDOW_MS, windowStart } from './windows.ts'

/** What stands before the end of an import. */
export interface ImportQueue {
  /** Pages of his own that are still to come. */
  readonly own: number
  /** Pages of the others in the lane that are served before his last one. */
  readonly others: number
  /** Jobs that wait in the lanes that share the limits with histories. */
  readonly waiting: Readonly<Record<'signup' | 'recent' | 'live' | 'refresh', number>>
}

/** A new application is taken to have seen so many sign-ups on each day, with so many pages after the first. */
const GUESSED = { signUps: 3, pages: 4 }

/** Over whole days, those who sign up later never take more than this share of what histories are granted. */
const MOST_TO_NEWCOMERS = 0.75

/**
 * When an import's last page will be there (epoch ms): what waits in the lanes and what is expected to come into them
 * go through the windows with it. Infinite where the limit is 0.
 */
export function importEnd(state: LedgerState, { own, others, waiting }: ImportQueue, now: number): number {
  const moment = asMoment(now)
  const rolled = roll(state, moment)
  // A window that the ledger has begun has begun.
  const known = Math.max(moment.earliest, rolled.start.short, rolled.closed?.until ?? 0)
  const course = new Course(rolled, known, {
    queued: waiting,
    demand: withQueued(rolled.demand, waiting),
    // One page of each athlete at a time.
    perSecond: {
      ...PER_SECOND,
      backlog: Math.min(PER_SECOND.backlog, ((1 + others / own) * 1_000) / PAGE_MS),
    },
  })
  const pages = { ahead: own + others, turns: own, perSignUp: pagesPerSignUp(rolled.demand) }
  return Math.round(lastPage(course, pages)) + moment.now - moment.earliest
}

/** Pages until his last one, and his own turns among them; and what each sign-up to come brings. */
interface Pages {
  ahead: number
  turns: number
  readonly perSignUp: number
}

/** Step by step to the end of the first whole day, then as many days like it at once, then to the end. */
function lastPage(course: Course, pages: Pages): number {
  let day: { ahead: number; served: number } | undefined
  for (let skipped = false; ; ) {
    const { from, to, served } = course.next()
    // Who signs up later takes turns with him while both have pages left.
    pages.ahead += served.signup * pagesWithin(pages.turns, pages.perSignUp)
    if (served.backlog >= pages.ahead) return from + ((to - from) * pages.ahead) / served.backlog
    pages.turns *= 1 - served.backlog / pages.ahead
    pages.ahead -= served.backlog
    if (day !== undefined) day.served += served.backlog
    if (windowStart('day', to) <= from) continue
    if (day !== undefined) {
      const progress = Math.max(day.ahead - pages.ahead, day.served * (1 - MOST_TO_NEWCOMERS))
      const days = progress < 1 ? Number.POSITIVE_INFINITY : pages.ahead / progress
      if (skipped || days === Number.POSITIVE_INFINITY) return to + days * WINDOW_MS.day
      course.skip(Math.floor(days))
      pages.turns *= (days % 1) / days
      pages.ahead -= Math.floor(days) * progress
      skipped = true
    }
    day = { ahead: pages.ahead, served: 0 }
  }
}

/** Of a history with about so many pages, those that come within so many turns: some are short, a few very long. */
const pagesWithin = (turns: number, pages: number) => pages * (1 - Math.exp(-turns / pages))

/** Pages of a history that come after a sign-up's first, as this application has seen. */
function pagesPerSignUp({ seen: { average } }: Demand): number {
  const perDay = (lane: Lane) => average[lane].reduce((sum, calls) => sum + calls, 0)
  const { signUps, pages } = GUESSED
  return (perDay('backlog') + signUps * pages) / (perDay('signup') + signUps)
}
