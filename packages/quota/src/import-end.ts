import type { Lane } from '@ikigai/contracts'
import type { Demand } from './demand.ts'
import { grantedBy } from './granted-by.ts'
import type { LedgerState } from './state.ts'

/** What stands before the end of an import. */
export interface ImportQueue {
  /** Pages of his own that are still to come. */
  readonly own: number
  /** Pages of the others in the lane that are served before his last one. */
  readonly others: number
  /** Jobs that wait in the urgent lanes: they go first. */
  readonly waiting: Readonly<Record<'signup' | 'recent' | 'live', number>>
}

/** Details that follow a sign-up. */
const RECENT = 5

/** A new application is taken to have seen so many sign-ups on each day, with so many pages after the first. */
const GUESSED = { signUps: 3, pages: 4 }

/** The lanes go side by side: while one page is fetched, so many jobs of each urgent lane are done. */
const BESIDE_A_PAGE = 2

/** Pages of one import come one after the other, each in about this time (ms). */
const PAGE_MS = 600

/**
 * When an import's last page will be there (epoch ms): what waits in the lanes and what is expected to come into them
 * go through the windows with it. Infinite where the limit is 0.
 */
export function importEnd(state: LedgerState, { own, others, waiting }: ImportQueue, now: number): number {
  const usual = pagesPerSignUp(state.demand)
  const { signup, recent, live } = waiting
  const pages = own + others + signup * Math.min(usual, own)
  const beside = [signup, recent + signup * RECENT, live]
  const before = beside.reduce((sum, jobs) => sum + Math.min(jobs, BESIDE_A_PAGE * pages), 0)
  // Who signs up later is served from the next turn on, as often as he who waits then has turns left: half on average.
  const more = { waiting, perSignUp: Math.min(usual, own / 2) }
  return grantedBy(state, 'backlog', before + pages, now, more) + own * PAGE_MS
}

/** Pages of a history that come after a sign-up's first, as this application has seen. */
function pagesPerSignUp({ seen: { average } }: Demand): number {
  const perDay = (lane: Lane) => average[lane].reduce((sum, calls) => sum + calls, 0)
  const { signUps, pages } = GUESSED
  return (perDay('backlog') + signUps * pages) / (perDay('signup') + signUps)
}
