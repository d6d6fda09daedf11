import { LANES, type Lane } from '@ikigai/contracts'
import { BEGIN, DAY_MS } from '../workload.ts'
import { Estimates } from './estimates.ts'
import { Fairness } from './fairness.ts'
import { QuotaUse } from './quota-use.ts'
import { Waits } from './waits.ts'

/** One look at the whole. */
export interface Sample {
  readonly at: number
  /** Reads in the quarter of an hour that is ending, and their limit. */
  readonly used: number
  readonly limit: number
  /** Calls over a limit so far. */
  readonly over: number
  /** Age of the row that was confirmed longest ago (ms). */
  readonly oldest: number
  readonly waiting: number
}

/** All that a run shows. */
export class Measures {
  /** From the moment that a job came to wait until its call was answered, by lane. */
  readonly waits: Record<Lane, Waits>
  /** Of sign-ups, those while Strava answered. */
  readonly signUps = new Waits()
  /** By the day on which the job came to wait. */
  readonly waitsByDay = { signup: new Map<number, Waits>(), webhook: new Map<number, Waits>() }
  /** From the sign-up until the whole history was there. */
  readonly imports = new Waits()
  readonly importsByDay = new Map<number, Waits>()
  /** From an activity whose webhook was lost until it was found. */
  readonly found = new Waits()
  readonly fairness = new Fairness()
  readonly quota = new QuotaUse()
  readonly samples: Sample[] = []
  readonly estimates = new Estimates()
  calls = 0
  overLimit = 0
  crashes = 0
  /** Histories that were not whole when the time was over. */
  unfinished = 0

  constructor() {
    const waits = new Map(LANES.map((lane) => [lane, new Waits()]))
    const of = (lane: Lane) => waits.get(lane) ?? new Waits()
    this.waits = {
      signup: of('signup'),
      newest: of('newest'),
      webhook: of('webhook'),
      backfill: of('backfill'),
      resync: of('resync'),
      enrich: of('enrich'),
    }
  }

  /** `out`: Strava did not answer for a part of that time. */
  addWait(lane: Lane, since: number, now: number, out: boolean): void {
    this.waits[lane].add(now - since)
    if (lane === 'signup' && !out) this.signUps.add(now - since)
    if (lane === 'signup' || lane === 'webhook') waitsOn(this.waitsByDay[lane], since).add(now - since)
  }

  addImport(since: number, now: number): void {
    this.imports.add(now - since)
    waitsOn(this.importsByDay, since).add(now - since)
  }
}

function waitsOn(byDay: Map<number, Waits>, at: number): Waits {
  const day = Math.floor((at - BEGIN) / DAY_MS)
  let waits = byDay.get(day)
  if (waits === undefined) {
    waits = new Waits()
    byDay.set(day, waits)
  }
  return waits
}
