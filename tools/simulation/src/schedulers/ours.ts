import { LANES, type Lane } from '@ikigai/contracts'
import {
  compareTurns,
  importEnd,
  initialState,
  LEASE_MS,
  type Lease,
  type LedgerState,
  measureSkew,
  momentOf,
  type Outcome,
  Outlook,
  pagesBefore,
  passOf,
  reserve,
  type Skew,
  settle,
  type Turn,
} from '@ikigai/quota'
import { PriorityQueue } from '../priority-queue.ts'
import type { BothLimits } from '../strava.ts'
import type { Job, Scheduler, Start } from './scheduler.ts'

interface Waiting extends Turn {
  readonly job: Job
}

interface Under extends Start {
  readonly waiting: Waiting
  readonly lease: Lease
  readonly replica: Replica
}

/** A fetcher: its clock is `offset` ms ahead of Strava's, which it does not know. */
interface Replica {
  readonly offset: number
  skew: Skew | undefined
}

interface LaneQueue {
  readonly lane: Lane
  readonly queue: PriorityQueue<Waiting>
  readonly lastPass: Float64Array
  readonly concurrency: number
  laneTime: number
  busy: number
  /** Refused until then. */
  closedUntil: number
}

/** Calls under way at once, over all replicas. */
const CONCURRENCY: Record<Lane, number> = {
  signup: 8,
  newest: 4,
  webhook: 4,
  backfill: 4,
  resync: 4,
  enrich: 2,
}

/** A lane that was refused looks again after this at the earliest (ms). */
const LOOKS_MS: Record<Lane, number> = {
  signup: 500,
  newest: 500,
  webhook: 500,
  backfill: 5_000,
  resync: 5_000,
  enrich: 5_000,
}

/** An athlete watches his import for a while after he has signed up (ms). */
const WATCHES_MS = 10 * 60_000

/** So long what is to come is not played anew (ms). */
const OUTLOOK_MS = 1_000

/** The ledger as it runs: its own `reserve`, `settle` and turns, by several replicas whose clocks are wrong. */
export class Ours implements Scheduler {
  readonly name = 'ikigai'
  readonly perCall = 200
  readonly maintains = true
  state: LedgerState
  readonly #lanes: readonly LaneQueue[]
  readonly #byLane: Record<Lane, LaneQueue>
  /** The next page of each history that is not whole: it waits or is under way. */
  readonly #pages = new Map<number, Waiting>()
  readonly #replicas: readonly Replica[]
  #outlook: { readonly madeAt: number; readonly outlook: Outlook } | undefined
  #arrivals = 0
  #calls = 0

  constructor(options: {
    limits: BothLimits
    athletes: number
    begin: number
    clockOffsets: readonly number[]
  }) {
    this.#replicas = options.clockOffsets.map((offset) => ({ offset, skew: undefined }))
    const [first] = this.#replicas
    const begin = options.begin + (first?.offset ?? 0)
    this.state = initialState(options.limits, momentOf(begin, undefined).earliest)
    const make = (lane: Lane) => newLane(lane, options.athletes)
    this.#byLane = {
      signup: make('signup'),
      newest: make('newest'),
      webhook: make('webhook'),
      backfill: make('backfill'),
      resync: make('resync'),
      enrich: make('enrich'),
    }
    this.#lanes = LANES.map((lane) => this.#byLane[lane])
  }

  add(job: Job, now: number): void {
    const lane = this.#byLane[job.lane]
    const pass = passOf(lane.laneTime, lane.lastPass[job.athlete] ?? 0)
    lane.lastPass[job.athlete] = pass
    const present = job.lane !== 'webhook' && now - job.since < WATCHES_MS
    const waiting = { pass, present, arrival: this.#arrivals++, job }
    lane.queue.push(waiting)
    if (job.lane === 'backfill') this.#pages.set(job.athlete, waiting)
  }

  next(now: number): { start: Under } | { at: number | undefined } {
    let at: number | undefined
    for (const lane of this.#lanes) {
      const waiting = lane.queue.peek()
      if (waiting === undefined || lane.busy >= lane.concurrency) continue
      if (now >= lane.closedUntil) {
        const start = this.#reserve(lane, waiting, now)
        if (start !== undefined) return { start }
      }
      if (at === undefined || lane.closedUntil < at) at = lane.closedUntil
    }
    return { at }
  }

  #reserve(lane: LaneQueue, waiting: Waiting, now: number): Under | undefined {
    const replica = this.#replicas[this.#calls % this.#replicas.length]
    if (replica === undefined) throw new Error('there is always a replica')
    const moment = momentOf(now + replica.offset, replica.skew)
    const id = String(this.#calls++)
    const answer = reserve(this.state, { id, lane: lane.lane, now: moment, leaseMs: LEASE_MS })
    this.state = answer.state
    if ('refusal' in answer) {
      lane.closedUntil = Math.max(now + LOOKS_MS[lane.lane], answer.refusal.until - replica.offset)
      return undefined
    }
    lane.queue.pop()
    lane.laneTime = Math.max(lane.laneTime, waiting.pass)
    lane.busy++
    return { job: waiting.job, waiting, lease: answer.lease, replica }
  }

  end(start: Under, outcome: Outcome, now: number): boolean {
    const { waiting, lease, replica, job } = start
    const ours = now + replica.offset
    const { answeredAt: date } = outcome
    if (date !== undefined)
      replica.skew = measureSkew(replica.skew, { date, sentAt: lease.askedAt, receivedAt: ours })
    const before = this.state
    this.state = settle(before, lease, outcome, momentOf(ours, replica.skew))
    if (this.state.closed !== before.closed || this.state.read.limit.short !== before.read.limit.short)
      for (const lane of this.#lanes) lane.closedUntil = 0
    const lane = this.#byLane[job.lane]
    lane.busy--
    if (outcome.result !== 'answered') {
      lane.queue.push(waiting)
      return false
    }
    if (job.lane === 'backfill') this.#pages.delete(job.athlete)
    return true
  }

  crash({ job, replica }: Under): void {
    this.#byLane[job.lane].busy--
    replica.skew = undefined
  }

  giveBack({ job, waiting }: Under): void {
    this.#byLane[job.lane].queue.push(waiting)
  }

  waiting(): number {
    return this.#lanes.reduce((sum, { queue }) => sum + queue.size, 0)
  }

  eta(athlete: number, pagesLeft: (athlete: number) => number, now: number): number {
    const page = this.#pages.get(athlete)
    if (page === undefined) throw new Error('a history that is not whole has a next page')
    const own = { turn: page, pages: pagesLeft(athlete) }
    let others = 0
    for (const [other, turn] of this.#pages)
      if (other !== athlete) others += pagesBefore({ turn, pages: pagesLeft(other) }, own)
    const presentUntil = page.job.since + WATCHES_MS
    return importEnd(this.#outlookAt(now), { own: own.pages, others, presentUntil }, now)
  }

  /** As in the services, what is to come is played once for all who ask within a second. */
  #outlookAt(now: number): Outlook {
    if (this.#outlook !== undefined && now - this.#outlook.madeAt < OUTLOOK_MS) return this.#outlook.outlook
    const { signup, newest, webhook, resync } = this.#byLane
    const waiting = {
      signup: signup.queue.size,
      newest: newest.queue.size,
      webhook: webhook.queue.size,
      resync: resync.queue.size,
    }
    const outlook = new Outlook(this.state, waiting, now)
    this.#outlook = { madeAt: now, outlook }
    return outlook
  }
}

const newLane = (lane: Lane, athletes: number): LaneQueue => ({
  lane,
  queue: new PriorityQueue<Waiting>(compareTurns),
  lastPass: new Float64Array(athletes),
  concurrency: CONCURRENCY[lane],
  laneTime: 0,
  busy: 0,
  closedUntil: 0,
})
