import type { Outcome } from '@ikigai/quota'
import { Athletes } from './athletes.ts'
import type { Estimate } from './measures/estimates.ts'
import { Measures } from './measures/measures.ts'
import { PriorityQueue } from './priority-queue.ts'
import { createRandom, type Random } from './random.ts'
import type { Job, Scheduler, Start } from './schedulers/scheduler.ts'
import type { Strava } from './strava.ts'
import { BEGIN, DAY_MS, MINUTE_MS, type Workload } from './workload.ts'

/** What goes wrong besides what the workload brings. */
export interface Faults {
  /** Share of calls during which their replica dies. */
  readonly crashes: number
}

type Event = { readonly at: number; readonly order: number } & (
  | { readonly kind: 'end'; readonly start: Start; readonly outcome: Outcome }
  | { readonly kind: 'crash'; readonly start: Start }
  | { readonly kind: 'give_back'; readonly start: Start }
  | { readonly kind: 'relist'; readonly athlete: number }
  | { readonly kind: 'look'; readonly athlete: number; readonly since: number }
  | { readonly kind: 'wake' }
)

/** An estimate that is yet to come true. */
type Told = Omit<Estimate, 'happened' | 'surprised'>

const QUARTER_MS = 15 * MINUTE_MS
/** A job whose replica died comes back to its lane after this (the consumer's time to acknowledge). */
const COMES_BACK_MS = 60_000
/** Rows are confirmed again this long after the last time, so that none gets older than seven days. */
const RELIST_MS = { after: 5 * DAY_MS, spread: 1 * DAY_MS }
/** The details that follow a sign-up. */
const RECENT = 5

/** Runs a workload through a scheduler to its end. Everything in it follows from the seed. */
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

class Run {
  readonly #measures = new Measures()
  readonly #events = new PriorityQueue<Event>((a, b) => a.at - b.at || a.order - b.order)
  readonly #athletes: Athletes
  /** What was told of each import that is under way, by athlete. */
  readonly #told = new Map<number, Told[]>()
  /** Athletes whose history is being fetched, by the number of pages to come. */
  readonly #byPages = new Map<number, number>()
  readonly #workload: Workload
  readonly #scheduler: Scheduler
  readonly #strava: Strava
  readonly #faults: Faults
  readonly #random: Random
  #order = 0
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
    for (const { signsUpAt } of workload.athletes) if (signsUpAt < BEGIN) this.#establish(this.#signUps++)
    this.#established = this.#signUps
  }

  /** He has long been here: all is stored, and was confirmed some time in the last days. */
  #establish(athlete: number): void {
    const { unlisted, stored, undetailed, confirmedAt } = this.#athletes
    stored[athlete] = unlisted[athlete] ?? 0
    unlisted[athlete] = 0
    undetailed[athlete] = 0
    const at = BEGIN - Math.floor(this.#random.next() * RELIST_MS.after)
    confirmedAt[athlete] = at
    if (this.#scheduler.maintains) this.#relistLater(athlete, at)
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

  /** What comes next of all that is to come; returns its time. */
  #step(): number {
    const { athletes, activities } = this.#workload
    const signUp = athletes[this.#signUps]?.signsUpAt ?? Number.POSITIVE_INFINITY
    const activity = activities.at[this.#activities] ?? Number.POSITIVE_INFINITY
    const event = this.#events.peek()
    const at = Math.min(signUp, activity, event?.at ?? Number.POSITIVE_INFINITY, this.#quarter)
    if (at === this.#quarter) this.#endQuarter(at)
    else if (at === event?.at) this.#happen(this.#events.pop() ?? event)
    else if (at === signUp) this.#scheduler.add({ lane: 'signup', athlete: this.#signUps++, since: at }, at)
    else this.#newActivity(activities.athlete[this.#activities++] ?? 0, at)
    return at
  }

  #newActivity(athlete: number, at: number): void {
    if (this.#random.next() >= this.#workload.lostWebhooks) {
      this.#scheduler.add({ lane: 'live', athlete, since: at }, at)
      return
    }
    if (this.#athletes.missedAt[athlete] === 0) this.#athletes.missedAt[athlete] = at
  }

  #happen(event: Event): void {
    switch (event.kind) {
      case 'end':
        if (this.#scheduler.end(event.start, event.outcome, event.at)) this.#done(event.start.job, event.at)
        break
      case 'crash':
        this.#measures.crashes++
        this.#scheduler.crash(event.start, event.at)
        this.#push({ kind: 'give_back', start: event.start, ...this.#time(event.at + COMES_BACK_MS) })
        break
      case 'give_back':
        this.#scheduler.giveBack(event.start, event.at)
        break
      case 'look':
        this.#lookAgain(event.athlete, event.since, event.at)
        break
      case 'relist':
        this.#beginRelist(event.athlete, event.at)
        break
      case 'wake':
        this.#wakesAt = Number.POSITIVE_INFINITY
    }
  }

  /** Starts all calls that may start now. */
  #pump(now: number): void {
    for (;;) {
      const step = this.#scheduler.next(now)
      if ('start' in step) {
        this.#call(step.start, now)
        continue
      }
      if (step.at !== undefined && step.at < this.#wakesAt) {
        this.#wakesAt = Math.max(step.at, now + 1)
        this.#push({ kind: 'wake', ...this.#time(this.#wakesAt) })
      }
      return
    }
  }

  #call(start: Start, now: number): void {
    this.#measures.calls++
    const usual = start.job.lane === 'recent' || start.job.lane === 'live' ? 200 : 500
    const takes = Math.ceil(100 + this.#random.exponential(usual))
    const arrivesAt = now + Math.floor(takes * 0.3)
    const crashes = this.#random.next() < this.#faults.crashes
    if (!crashes || this.#random.next() < 0.5) {
      const outcome = this.#strava.call(arrivesAt, now + takes)
      if (!crashes) {
        this.#push({ kind: 'end', start, outcome, ...this.#time(now + takes) })
        return
      }
    }
    this.#push({ kind: 'crash', start, ...this.#time(now + takes) })
  }

  #done(job: Job, now: number): void {
    const { athlete, lane } = job
    this.#measures.addWait(lane, job.since, now, this.#isOut(job.since, now))
    switch (lane) {
      case 'signup':
        this.#firstPage(job, now)
        break
      case 'backlog':
        this.#measures.fairness.serve(athlete, now)
        this.#nextPage(job, now)
        break
      case 'refresh':
        this.#relisted(job, now)
        break
      case 'live':
        bump(this.#athletes.stored, athlete, 1)
        break
      case 'enrich':
        bump(this.#athletes.undetailed, athlete, -1)
        this.#enrich(athlete, now)
    }
  }

  #firstPage({ athlete, since }: Job, now: number): void {
    const { unlisted, confirmedAt } = this.#athletes
    confirmedAt[athlete] = now
    if (this.#scheduler.maintains) this.#relistLater(athlete, now)
    const whole = this.#storePage(athlete)
    const recent = Math.min(RECENT, this.#workload.athletes[athlete]?.history ?? 0)
    for (let i = 0; i < recent; i++) this.#scheduler.add({ lane: 'recent', athlete, since }, now)
    if (this.#scheduler.perCall === 1) unlisted[athlete] = Math.max(0, (unlisted[athlete] ?? 0) - recent)
    if (whole || (this.#scheduler.perCall === 1 && unlisted[athlete] === 0)) {
      this.#wholeHistory(athlete, since, now)
      return
    }
    this.#measures.fairness.joins(athlete)
    this.#estimate(athlete, now, 'sign-up')
    this.#countPages(athlete, 1)
    this.#lookLater(athlete, since, now)
    this.#scheduler.add({ lane: 'backlog', athlete, since }, now)
  }

  #nextPage(job: Job, now: number): void {
    const { athlete, since } = job
    this.#countPages(athlete, -1)
    if (this.#storePage(athlete)) {
      this.#measures.fairness.leaves(athlete)
      this.#wholeHistory(athlete, since, now)
      return
    }
    this.#countPages(athlete, 1)
    this.#scheduler.add({ lane: 'backlog', athlete, since }, now, true)
  }

  /** Whether it was the last one: a list ends with a page that is not full. */
  #storePage(athlete: number): boolean {
    const { perCall } = this.#scheduler
    const { unlisted, stored } = this.#athletes
    const left = unlisted[athlete] ?? 0
    const got = Math.min(perCall, left)
    bump(unlisted, athlete, -got)
    bump(stored, athlete, got)
    return perCall === 1 ? left <= 1 : got < perCall
  }

  #wholeHistory(athlete: number, since: number, now: number): void {
    this.#measures.addImport(since, now)
    for (const told of this.#told.get(athlete) ?? [])
      this.#measures.estimates.add({ ...told, happened: now, surprised: this.#surprises(told.madeAt, now) })
    this.#told.delete(athlete)
    if (this.#scheduler.maintains) this.#enrich(athlete, now)
  }

  /** Whether Strava was out at any time between the two. */
  #isOut(from: number, to: number): boolean {
    return this.#workload.outages.some((outage) => outage.from < to && from < outage.to)
  }

  /** Whether Strava was out, or a wave of sign-ups began between the two: neither's end or beginning can be known. */
  #surprises(from: number, to: number): boolean {
    return this.#isOut(from, to) || this.#workload.waves.some((at) => from < at && at < to)
  }

  #pagesLeft(athlete: number): number {
    return Math.floor((this.#athletes.unlisted[athlete] ?? 0) / this.#scheduler.perCall) + 1
  }

  #countPages(athlete: number, by: number): void {
    const pages = this.#pagesLeft(athlete)
    const count = (this.#byPages.get(pages) ?? 0) + by
    if (count === 0) this.#byPages.delete(pages)
    else this.#byPages.set(pages, count)
  }

  /** What is told of an import's end. */
  #estimate(athlete: number, now: number, when: Told['when']): void {
    const { eta } = this.#scheduler
    if (eta === undefined) return
    const own = this.#pagesLeft(athlete)
    let others = when === 'later' ? -own : 0
    for (const [pages, count] of this.#byPages) others += count * Math.min(pages, own)
    const expected = eta.call(this.#scheduler, { own, others }, now)
    const told = this.#told.get(athlete)
    if (told === undefined) this.#told.set(athlete, [{ madeAt: now, expected, when }])
    else told.push({ madeAt: now, expected, when })
  }

  /** Whoever waits looks at his import again after one minute, two, four and so on. */
  #lookLater(athlete: number, since: number, now: number): void {
    if (this.#scheduler.eta === undefined) return
    const at = Math.max(since + MINUTE_MS, since + 2 * (now - since))
    this.#push({ kind: 'look', athlete, since, ...this.#time(at) })
  }

  #lookAgain(athlete: number, since: number, now: number): void {
    if (!this.#told.has(athlete)) return
    this.#estimate(athlete, now, 'later')
    this.#lookLater(athlete, since, now)
  }

  #enrich(athlete: number, now: number): void {
    if ((this.#athletes.undetailed[athlete] ?? 0) > 0)
      this.#scheduler.add({ lane: 'enrich', athlete, since: now }, now)
  }

  #relistLater(athlete: number, now: number): void {
    const at = now + RELIST_MS.after + Math.floor(this.#random.next() * RELIST_MS.spread)
    this.#push({ kind: 'relist', athlete, ...this.#time(at) })
  }

  #beginRelist(athlete: number, now: number): void {
    const { relistPages, relistedAt, stored } = this.#athletes
    relistPages[athlete] = Math.floor((stored[athlete] ?? 0) / 200) + 1
    relistedAt[athlete] = 0
    this.#scheduler.add({ lane: 'refresh', athlete, since: now }, now)
  }

  #relisted({ athlete }: Job, now: number): void {
    const { relistPages, relistedAt, confirmedAt, missedAt, stored } = this.#athletes
    if (relistedAt[athlete] === 0) relistedAt[athlete] = now
    bump(relistPages, athlete, -1)
    if ((relistPages[athlete] ?? 0) > 0) {
      this.#scheduler.add({ lane: 'refresh', athlete, since: now }, now, true)
      return
    }
    confirmedAt[athlete] = relistedAt[athlete] ?? now
    const missed = missedAt[athlete] ?? 0
    if (missed > 0) {
      this.#measures.found.add(now - missed)
      bump(stored, athlete, 1)
    }
    missedAt[athlete] = 0
    this.#relistLater(athlete, relistedAt[athlete] ?? now)
  }

  #endQuarter(end: number): void {
    const last = end - 1
    const { read } = this.#strava.limitsAt(last)
    this.#measures.samples.push({
      at: this.#quarter - QUARTER_MS,
      used: this.#strava.used('short', last),
      limit: read.short,
      over: this.#strava.over,
      oldest: Math.max(0, end - this.#athletes.oldest()),
      waiting: this.#scheduler.waiting(),
    })
    if (end % DAY_MS === 0) {
      const used = this.#strava.used('day', last)
      const day = (end - BEGIN) / DAY_MS - 1
      this.#measures.quota.endDay(day, { limit: read.day, shortLimit: read.short, used, end })
    }
    this.#quarter = end + QUARTER_MS
  }

  #time(at: number): { at: number; order: number } {
    return { at, order: this.#order++ }
  }

  #push(event: Event): void {
    this.#events.push(event)
  }
}

function bump(values: Float64Array, index: number, by: number): void {
  values[index] = (values[index] ?? 0) + by
}
