import type { Outcome } from '@ikigai/quota'
import type { Job, Scheduler, Start } from './scheduler.ts'

/** Admission of a policy without a ledger. */
export interface Gate {
  /** Admits one call, or returns when to check again (epoch ms). */
  take(job: Job, now: number): true | number
  /** Called with Strava's answer. */
  see(outcome: Outcome, now: number): void
}

const CONCURRENCY = 8

/** Jobs in the order of arrival, one athlete's whole history before the next; details of older activities last. */
export class FirstCome implements Scheduler {
  readonly name: string
  readonly perCall: number
  readonly maintains: boolean
  readonly #gate: Gate
  readonly #isUrgent: (job: Job) => boolean
  readonly #queues = [new Deque(), new Deque(), new Deque()] as const
  #busy = 0

  constructor(options: {
    name: string
    perCall: number
    maintains: boolean
    gate: Gate
    /** Lanes whose jobs go before all others. */
    isUrgent?: (job: Job) => boolean
  }) {
    this.name = options.name
    this.perCall = options.perCall
    this.maintains = options.maintains
    this.#gate = options.gate
    this.#isUrgent = options.isUrgent ?? (() => false)
  }

  add(job: Job, _now: number, next = false): void {
    if (next) this.#queueOf(job).pushFront(job)
    else this.#queueOf(job).push(job)
  }

  #queueOf(job: Job): Deque {
    const [urgent, usual, last] = this.#queues
    if (job.lane === 'enrich') return last
    return this.#isUrgent(job) ? urgent : usual
  }

  next(now: number): { start: Start } | { at: number | undefined } {
    if (this.#busy >= CONCURRENCY) return { at: undefined }
    let at: number | undefined
    for (const queue of this.#queues) {
      const job = queue.peek()
      if (job === undefined) continue
      const taken = this.#gate.take(job, now)
      if (taken !== true) {
        at = Math.min(at ?? taken, taken)
        continue
      }
      queue.shift()
      this.#busy++
      return { start: { job } }
    }
    return { at }
  }

  end({ job }: Start, outcome: Outcome, now: number): boolean {
    this.#busy--
    this.#gate.see(outcome, now)
    if (outcome.result === 'answered') return true
    this.#queueOf(job).pushFront(job)
    return false
  }

  crash(): void {
    this.#busy--
  }

  giveBack({ job }: Start): void {
    this.#queueOf(job).pushFront(job)
  }

  waiting(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, 0)
  }
}

/** A queue whose jobs can also be returned to the head. */
class Deque {
  #front: Job[] = []
  #back: Job[] = []
  #taken = 0

  get size(): number {
    return this.#front.length + this.#back.length - this.#taken
  }

  push(job: Job): void {
    this.#back.push(job)
  }

  pushFront(job: Job): void {
    this.#front.push(job)
  }

  peek(): Job | undefined {
    return this.#front.at(-1) ?? this.#back[this.#taken]
  }

  shift(): void {
    if (this.#front.pop() !== undefined) return
    this.#taken++
    if (this.#taken < 10_000) return
    this.#back = this.#back.slice(this.#taken)
    this.#taken = 0
  }
}
