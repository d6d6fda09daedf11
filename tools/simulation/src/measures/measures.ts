import { LANES, type Lane } from '@ikigai/contracts'
import { BEGIN, DAY_MS } from '../workload.ts'
import { Estimates } from './estimates.ts'
import { Fairness } from './fairness.ts'
import { QuotaUse } from './quota-use.ts'
import { Waits } from './waits.ts'

/** One sample of the whole system. */
export interface Sample {
  readonly at: number
  /** Reads in the ending quarter of an hour, and their limit. */
  readonly used: number
  readonly limit: number
  /** Calls over a limit so far. */
  readonly over: number
  /** Age of the oldest confirmation of a row (ms). */
  readonly oldest: number
  readonly waiting: number
}

/** All measures of a run. */
export class Measures {
  /** Time from the arrival of a job until its call was answered, by lane. */
  readonly waits: Record<Lane, Waits>
  /** Waits of sign-ups while Strava answered. */
  readonly signUps = new Waits()
  /** By the day of the job's arrival. */
  readonly waitsByDay = { signup: new Map<number, Waits>(), webhook: new Map<number, Waits>() }
  /** Time from the sign-up until the import was complete. */
  readonly imports = new Waits()
  readonly importsByDay = new Map<number, Waits>()
  /** Time until an activity whose webhook event was lost was found. */
  readonly found = new Waits()
  readonly fairness = new Fairness()
  readonly quota = new QuotaUse()
  readonly samples: Sample[] = []
  readonly estimates = new Estimates()
  calls = 0
  overLimit = 0
  crashes = 0
  /** Imports that were incomplete at the end. */
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

  /** `out`: Strava did not answer during a part of that time. */
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
