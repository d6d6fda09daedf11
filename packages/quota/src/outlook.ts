import { Course, PER_SECOND, type Step, type Waiting } from './course.ts'
import { type Demand, withQueued } from './demand.ts'
import { PAGE_MS } from './lane-capacity.ts'
import { asMoment } from './moment.ts'
import { roll } from './rules.ts'
import type { LedgerState } from './state.ts'

/** A new application is taken to have seen so many sign-ups on each day, with so many pages after the first. */
const GUESSED = { signUps: 3, pages: 4 }

/** The windows to come as they look at one instant: the same for all athletes, so they are played once for all who ask. */
export class Outlook {
  /** Sign-ups that wait. */
  readonly signUps: number
  /** Pages of a history that come after a sign-up's first, as this application has seen. */
  readonly pagesPerSignUp: number
  readonly #state: LedgerState
  readonly #known: number
  readonly #waiting: Waiting
  readonly #plays = new Map<number, Play>()

  /**
   * @param waiting jobs that wait in the lanes
   * @param now epoch ms
   */
  constructor(state: LedgerState, waiting: Waiting, now: number) {
    const moment = asMoment(now)
    this.#state = roll(state, moment)
    // A window that the ledger has begun has begun.
    this.#known = Math.max(moment.earliest, this.#state.start.short, this.#state.closed?.until ?? 0)
    this.#waiting = waiting
    this.signUps = waiting.signup
    this.pagesPerSignUp = pagesPerSignUp(this.#state.demand)
  }

  /**
   * What will be called, step by step and without end; what was played for one is there for the next.
   * @param together athletes whose histories are fetched at once: one page of each at a time
   */
  *steps(together: number): Generator<Step, never> {
    const perSecond = Math.min(PER_SECOND.backfill, (together * 1_000) / PAGE_MS)
    let play = this.#plays.get(perSecond)
    if (play === undefined) {
      play = { course: this.#begin(perSecond), steps: [] }
      this.#plays.set(perSecond, play)
    }
    for (let i = 0; ; i++) {
      const step = play.steps[i] ?? play.course.next()
      play.steps[i] = step
      yield step
    }
  }

  #begin(backfill: number): Course {
    return new Course(this.#state, this.#known, {
      queued: this.#waiting,
      demand: withQueued(this.#state.demand, this.#waiting),
      perSecond: { ...PER_SECOND, backfill },
    })
  }
}

/** A course, and what was played of it. */
interface Play {
  readonly course: Course
  readonly steps: Step[]
}

function pagesPerSignUp({ seen: { average } }: Demand): number {
  const perDay = (lane: 'signup' | 'backfill') => average[lane].reduce((sum, calls) => sum + calls, 0)
  const { signUps, pages } = GUESSED
  return (perDay('backfill') + signUps * pages) / (perDay('signup') + signUps)
}
