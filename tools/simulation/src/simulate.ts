import { Athletes, bump } from './athletes.ts'
import { type Event, Events } from './events.ts'
import { Imports } from './imports.ts'
import { Measures } from './measures/measures.ts'
import { createRandom, type Random } from './random.ts'
import { Resyncs } from './resyncs.ts'
import type { Job, Scheduler, Start } from './schedulers/scheduler.ts'
import type { Strava } from './strava.ts'
import { BEGIN, DAY_MS, isOut, MINUTE_MS, type Workload } from './workload.ts'

/** Faults besides those of the workload. */
export interface Faults {
  /** Share of calls during which their replica dies. */
  readonly crashes: number
}

const QUARTER_MS = 15 * MINUTE_MS
/** Time until a job whose replica died returns to its lane: its lease. */
const COMES_BACK_MS = 60_000

/** Runs a workload through a scheduler to its end. Deterministic for a seed. */
export function simulate(
  workload: Workload,
  scheduler: Scheduler,
  strava: Strava,
  faults: Faults,
  seed: number,
): Measures {
  const run = new Run(workload, scheduler, strava, faults, createRandom(seed))
  return run.toEnd()
}

/** One run: time advances from event to event, and each call starts as soon as the scheduler admits it. */
class Run {
  readonly #measures = new Measures()
  readonly #events = new Events()
  readonly #athletes: Athletes
  readonly #imports: Imports
  readonly #resyncs: Resyncs
  readonly #workload: Workload
  readonly #scheduler: Scheduler
  readonly #strava: Strava
  readonly #faults: Faults
  readonly #random: Random
  #signUps = 0
  readonly #established: number
  #activities = 0
  #quarter = BEGIN + QUARTER_MS
  #wakesAt = Number.POSITIVE_INFINITY

  constructor(workload: Workload, scheduler: Scheduler, strava: Strava, faults: Faults, random: Random) {
    this.#workload = workload
    this.#scheduler = scheduler
    this.#strava = strava
    this.#faults = faults
    this.#random = random
    this.#athletes = new Athletes(workload)
    const parts = { athletes: this.#athletes, scheduler, measures: this.#measures, events: this.#events }
    this.#imports = new Imports({ ...parts, workload })
    this.#resyncs = new Resyncs({ ...parts, random })
    for (const { signsUpAt } of workload.athletes)
      if (signsUpAt < BEGIN) this.#resyncs.establish(this.#signUps++)
    this.#established = this.#signUps
  }

  toEnd(): Measures {
    const end = BEGIN + this.#workload.days * DAY_MS
    for (let now = this.#step(); now < end; now = this.#step()) {
      this.#pump(now)
      this.#measures.quota.workWaits(this.#scheduler.waiting() > 0, now)
    }
    this.#measures.overLimit = this.#strava.over
    this.#measures.unfinished = this.#signUps - this.#established - this.#measures.imports.count
    return this.#measures
  }

  /** Processes the next event; returns its time. */
  #step(): number {
    const { athletes, activities } = this.#workload
    const signUp = athletes[this.#signUps]?.signsUpAt ?? Number.POSITIVE_INFINITY
    const activity = activities.at[this.#activities] ?? Number.POSITIVE_INFINITY
    const event = this.#events.nextAt()
    const at = Math.min(signUp, activity, event, this.#quarter)
    if (at === this.#quarter) this.#endQuarter(at)
    else if (at === event) this.#happen(this.#events.pop())
    else if (at === signUp) this.#scheduler.add({ lane: 'signup', athlete: this.#signUps++, since: at }, at)
    else this.#newActivity(activities.athlete[this.#activities++] ?? 0, at)
    return at
  }

  #newActivity(athlete: number, at: number): void {
    if (this.#random.next() >= this.#workload.lostWebhooks) {
      this.#scheduler.add({ lane: 'webhook', athlete, since: at }, at)
      return
    }
    if (this.#athletes.missedAt[athlete] === 0) this.#athletes.missedAt[athlete] = at
  }

  #happen(event: Event | undefined): void {
    switch (event?.kind) {
      case 'end':
        if (this.#scheduler.end(event.start, event.outcome, event.at)) this.#done(event.start.job, event.at)
        break
      case 'crash':
        this.#measures.crashes++
        this.#scheduler.crash(event.start, event.at)
        this.#events.add({ kind: 'give_back', start: event.start, at: event.at + COMES_BACK_MS })
        break
      case 'give_back':
        this.#scheduler.giveBack(event.start, event.at)
        break
      case 'look':
        this.#imports.lookAgain(event.athlete, event.since, event.at)
        break
      case 'relist':
        this.#resyncs.begin(event.athlete, event.at)
        break
      case 'wake':
        this.#wakesAt = Number.POSITIVE_INFINITY
    }
  }

  /** Starts all admitted calls. */
  #pump(now: number): void {
    for (;;) {
      const step = this.#scheduler.next(now)
      if ('start' in step) {
        this.#call(step.start, now)
        continue
      }
      if (step.at !== undefined && step.at < this.#wakesAt) {
        this.#wakesAt = Math.max(step.at, now + 1)
        this.#events.add({ kind: 'wake', at: this.#wakesAt })
      }
      return
    }
  }

  #call(start: Start, now: number): void {
    this.#measures.calls++
    const usual = start.job.lane === 'newest' || start.job.lane === 'webhook' ? 200 : 500
    const takes = Math.ceil(100 + this.#random.exponential(usual))
    const arrivesAt = now + Math.floor(takes * 0.3)
    const crashes = this.#random.next() < this.#faults.crashes
    if (!crashes || this.#random.next() < 0.5) {
      const outcome = this.#strava.call(arrivesAt, now + takes)
      if (!crashes) {
        this.#events.add({ kind: 'end', start, outcome, at: now + takes })
        return
      }
    }
    this.#events.add({ kind: 'crash', start, at: now + takes })
  }

  #done(job: Job, now: number): void {
    const { athlete, lane, since } = job
    this.#measures.addWait(lane, since, now, isOut(this.#workload, since, now))
    switch (lane) {
      case 'signup':
        this.#resyncs.confirmed(athlete, now)
        if (this.#imports.firstPage(job, now)) this.#enrich(athlete, now)
        break
      case 'backfill':
        if (this.#imports.nextPage(job, now)) this.#enrich(athlete, now)
        break
      case 'resync':
        this.#resyncs.nextPage(job, now)
        break
      case 'webhook':
        bump(this.#athletes.stored, athlete, 1)
        break
      case 'enrich':
        bump(this.#athletes.undetailed, athlete, -1)
        this.#enrich(athlete, now)
    }
  }

  #enrich(athlete: number, now: number): void {
    if (this.#scheduler.maintains && (this.#athletes.undetailed[athlete] ?? 0) > 0)
      this.#scheduler.add({ lane: 'enrich', athlete, since: now }, now)
  }

  #endQuarter(end: number): void {
    const last = end - 1
    const { read } = this.#strava.limitsAt(last)
    this.#measures.samples.push({
      at: this.#quarter - QUARTER_MS,
      used: this.#strava.used('quarterHour', last),
      limit: read.quarterHour,
      over: this.#strava.over,
      oldest: Math.max(0, end - this.#athletes.oldest()),
      waiting: this.#scheduler.waiting(),
    })
    if (end % DAY_MS === 0) {
      const used = this.#strava.used('day', last)
      const day = (end - BEGIN) / DAY_MS - 1
      this.#measures.quota.endDay(day, { limit: read.day, quarterHourLimit: read.quarterHour, used, end })
    }
    this.#quarter = end + QUARTER_MS
  }
}
