import { LANES, type Lane } from '@ikigai/contracts'
import {
  ArrivalHistory,
  type Arrivals,
  estimateCompletion,
  isExogenous,
  Projection,
  type PublishedEta,
  reviseEta,
} from '@ikigai/forecast'
import {
  boundsOf,
  type ClockOffset,
  CONCURRENCY,
  FairQueue,
  initialState,
  LEASE_MS,
  type Lease,
  type LedgerState,
  measureOffset,
  type Outcome,
  type PagesToCome,
  pagesBefore,
  reserve,
  settle,
} from '@ikigai/quota'
import type { BothLimits } from '../strava.ts'
import type { Job, PagesOf, Scheduler, Start } from './scheduler.ts'

interface InFlight extends Start {
  readonly lease: Lease
  readonly replica: Replica
}

/** A fetcher whose clock is `offset` ms ahead of Strava's, without knowing it. */
interface Replica {
  readonly offset: number
  clock: ClockOffset | undefined
}

interface LaneQueue {
  readonly lane: Lane
  /** The order of the athletes. */
  readonly queue: FairQueue<number>
  /** Jobs of each athlete, oldest first; the one in flight comes first. */
  readonly jobs: Map<number, Job[]>
  /** Jobs waiting or in flight. */
  size: number
  busy: number
  /** End of the throttling. */
  closedUntil: number
}

/** Minimum time before a throttled lane checks again (ms). */
const LOOKS_MS: Record<Lane, number> = {
  signup: 500,
  newest: 500,
  webhook: 500,
  backfill: 5_000,
  resync: 5_000,
  enrich: 5_000,
}

/** How long an athlete watches the import after signing up (ms). */
const WATCHES_MS = 10 * 60_000

/** How long a projection is reused (ms). */
const PROJECTION_TTL_MS = 1_000

/** The production code: `reserve`, `settle` and `FairQueue`, in several replicas whose clocks are wrong. */
export class LedgerScheduler implements Scheduler {
  readonly name = 'ikigai'
  readonly perCall = 200
  readonly maintains = true
  state: LedgerState
  readonly #lanes: readonly LaneQueue[]
  readonly #byLane: Record<Lane, LaneQueue>
  /** The next page of each incomplete import, waiting or in flight. */
  readonly #pages = new Map<number, Job>()
  readonly #replicas: readonly Replica[]
  readonly #arrivals: Arrivals
  readonly #published = new Map<number, PublishedEta>()
  #projection: { readonly madeAt: number; readonly projection: Projection } | undefined
  #now: number
  #calls = 0

  constructor(options: {
    limits: BothLimits
    begin: number
    clockOffsets: readonly number[]
  }) {
    this.#replicas = options.clockOffsets.map((offset) => ({ offset, clock: undefined }))
    const [first] = this.#replicas
    const begin = options.begin + (first?.offset ?? 0)
    this.state = initialState(options.limits, boundsOf(begin, undefined).earliest)
    this.#now = options.begin
    this.#arrivals = { signup: new ArrivalHistory(options.begin), webhook: new ArrivalHistory(options.begin) }
    const make = (lane: Lane) => this.#newLane(lane)
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

  #newLane(lane: Lane): LaneQueue {
    const jobs = new Map<number, Job[]>()
    const queue = new FairQueue<number>((athlete) => this.#isWatching(jobs.get(athlete)?.[0]))
    return { lane, queue, jobs, size: 0, busy: 0, closedUntil: 0 }
  }

  /** An athlete watches after signing up. */
  #isWatching(job: Job | undefined): boolean {
    return job !== undefined && job.lane !== 'webhook' && this.#now - job.since < WATCHES_MS
  }

  add(job: Job, now: number): void {
    this.#now = now
    const lane = this.#byLane[job.lane]
    const waiting = lane.jobs.get(job.athlete)
    if (waiting === undefined) lane.jobs.set(job.athlete, [job])
    else waiting.push(job)
    lane.size++
    lane.queue.add(job.athlete)
    if (this.#isWatching(job)) lane.queue.watch(job.athlete)
    if (job.lane === 'backfill') this.#pages.set(job.athlete, job)
    if (isExogenous(job.lane)) this.#arrivals[job.lane].add(now)
  }

  next(now: number): { start: InFlight } | { at: number | undefined } {
    this.#now = now
    let at: number | undefined
    for (const lane of this.#lanes) {
      if (lane.busy >= CONCURRENCY[lane.lane] || !lane.queue.hasNext()) continue
      if (now >= lane.closedUntil) {
        const start = this.#reserve(lane, now)
        if (start !== undefined) return { start }
      }
      if (at === undefined || lane.closedUntil < at) at = lane.closedUntil
    }
    return { at }
  }

  #reserve(lane: LaneQueue, now: number): InFlight | undefined {
    const replica = this.#replicas[this.#calls % this.#replicas.length]
    if (replica === undefined) throw new Error('there is always a replica')
    const bound = boundsOf(now + replica.offset, replica.clock)
    const id = String(this.#calls++)
    const answer = reserve(this.state, { id, lane: lane.lane, now: bound, leaseMs: LEASE_MS })
    this.state = answer.state
    if ('denial' in answer) {
      lane.closedUntil = Math.max(now + LOOKS_MS[lane.lane], answer.denial.retryAt - replica.offset)
      return undefined
    }
    const athlete = lane.queue.take()
    const job = athlete === undefined ? undefined : lane.jobs.get(athlete)?.[0]
    if (job === undefined) throw new Error('an athlete in the queue has no job')
    lane.busy++
    return { job, lease: answer.lease, replica }
  }

  end(start: InFlight, outcome: Outcome, now: number): boolean {
    const { lease, replica, job } = start
    this.#now = now
    const ours = now + replica.offset
    const { answeredAt: date } = outcome
    if (date !== undefined)
      replica.clock = measureOffset(replica.clock, { date, sentAt: lease.reservedAtLocal, receivedAt: ours })
    const before = this.state
    this.state = settle(before, lease, outcome, boundsOf(ours, replica.clock))
    if (
      this.state.breaker.tripped !== before.breaker.tripped ||
      this.state.read.limit.quarterHour !== before.read.limit.quarterHour
    )
      for (const lane of this.#lanes) lane.closedUntil = 0
    const lane = this.#byLane[job.lane]
    lane.busy--
    if (outcome.result !== 'answered') {
      lane.queue.release(job.athlete)
      return false
    }
    const left = lane.jobs.get(job.athlete) ?? []
    left.shift()
    lane.size--
    if (left.length === 0) lane.jobs.delete(job.athlete)
    lane.queue.finish(job.athlete, left.length > 0)
    if (job.lane === 'backfill') this.#pages.delete(job.athlete)
    return true
  }

  crash({ job, replica }: InFlight): void {
    this.#byLane[job.lane].busy--
    replica.clock = undefined
  }

  giveBack({ job }: InFlight): void {
    this.#byLane[job.lane].queue.release(job.athlete)
  }

  waiting(): number {
    return this.#lanes.reduce((sum, { size, busy }) => sum + size - busy, 0)
  }

  eta(athlete: number, pages: PagesOf, now: number): PublishedEta {
    const page = this.#pages.get(athlete)
    if (page === undefined) throw new Error('a history that is not whole has a next page')
    this.#now = now
    const { queue } = this.#byLane.backfill
    const place = queue.placeOf(athlete) ?? Number.POSITIVE_INFINITY
    const others: PagesToCome[] = []
    for (const [other, job] of this.#pages) {
      if (other === athlete) continue
      const isAhead = (queue.placeOf(other) ?? 0) < place
      others.push({ pages: pages.left(other), isAhead, isWatching: this.#isWatching(job), count: 1 })
    }
    const pagesLeft = pages.left(athlete)
    const { inTurn: pagesAhead, whileWatching } = pagesBefore(pagesLeft, others)
    const watching = { pagesAheadWhileWatching: whileWatching, presentUntil: page.since + WATCHES_MS }
    const queued = { pagesLeft, pagesAhead, ...(this.#isWatching(page) ? watching : {}) }
    const projection = this.#projectionAt(now)
    const eta = estimateCompletion(projection, queued, now)
    const estimate = { expected: null, pages: pages.all(athlete), eta, reason: projection.uncertainty }
    const published = reviseEta(this.#published.get(athlete) ?? null, estimate, now)
    this.#published.set(athlete, published)
    return published
  }

  /** The projection, reused for a second as in the services. */
  #projectionAt(now: number): Projection {
    const known = this.#projection
    if (known !== undefined && now - known.madeAt < PROJECTION_TTL_MS) return known.projection
    const { signup, newest, webhook, resync } = this.#byLane
    const waiting = {
      signup: signup.size - signup.busy,
      newest: newest.size - newest.busy,
      webhook: webhook.size - webhook.busy,
      resync: resync.size - resync.busy,
    }
    const projection = new Projection({ ledger: this.state, waiting, arrivals: this.#arrivals }, now)
    this.#projection = { madeAt: now, projection }
    return projection
  }
}
