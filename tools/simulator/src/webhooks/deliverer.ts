import type { Clock } from '../options.ts'
import type { SimulatorSettings } from '../settings.ts'
import { eventBody } from './event-body.ts'
import type { WebhookFaultInjector } from './fault-injector.ts'
import type { Delivery, WebhookEvent, WebhookFault } from './schemas.ts'
import { signBody } from './signature.ts'

/** Strava tries "up to a total of three attempts" (Strava API docs, webhooks). */
const MAX_ATTEMPTS = 3
const MAX_LOGGED_DELIVERIES = 10_000

/**
 * Delivers events as Strava does: a POST that must be answered 200 in time, else it comes again, three times
 * in all. First attempts of one athlete's events go out in order; a retry may arrive after later events.
 */
export interface Deliverer {
  send(event: WebhookEvent, callbackUrl: string): void
  /** The latest deliveries, oldest first. */
  deliveries(): Delivery[]
  /** Sends held events, and resolves when nothing is in progress. */
  idle(): Promise<void>
  /** Cancels all deliveries. */
  clear(): void
}

interface DelivererOptions {
  clock: Clock
  settings: () => SimulatorSettings
  faults: WebhookFaultInjector
}

interface Job {
  delivery: Delivery
  callbackUrl: string
  body: string
}

/** All that ends at once when the deliverer is cleared. */
interface Round {
  abort: AbortController
  timers: Set<NodeJS.Timeout>
  queues: Map<string, Promise<void>>
  held: Map<string, Job[]>
  pending: number
  waiting: (() => void)[]
}

function newRound(): Round {
  return {
    abort: new AbortController(),
    timers: new Set(),
    queues: new Map(),
    held: new Map(),
    pending: 0,
    waiting: [],
  }
}

function faultOf<K extends WebhookFault['kind']>(faults: WebhookFault[], kind: K) {
  return faults.find((fault): fault is Extract<WebhookFault, { kind: K }> => fault.kind === kind)
}

/** Posts once. Resolves with the status, or null without an answer in time. */
async function post(job: Job, options: DelivererOptions, round: Round): Promise<number | null> {
  const { webhookTimeoutMs, webhookSigningSecret } = options.settings()
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (webhookSigningSecret !== null) {
    const seconds = Math.floor(options.clock.now() / 1000)
    headers['x-strava-signature'] = signBody(job.body, webhookSigningSecret, seconds)
  }
  try {
    const signal = AbortSignal.any([round.abort.signal, AbortSignal.timeout(webhookTimeoutMs)])
    const response = await fetch(job.callbackUrl, {
      method: 'POST',
      headers,
      body: job.body,
      redirect: 'manual',
      signal,
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return null
  }
}

class EventDeliverer implements Deliverer {
  readonly #options: DelivererOptions
  #round = newRound()
  #deliveries: Delivery[] = []

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  send(event: WebhookEvent, callbackUrl: string): void {
    const faults = this.#options.faults.draw(event)
    if (faultOf(faults, 'lost') !== undefined) {
      this.#note({ event, outcome: 'lost', attempts: [] })
      return
    }
    const copies = faultOf(faults, 'doubled')?.copies ?? (faultOf(faults, 'doubled') ? 2 : 1)
    const late = faultOf(faults, 'late')
    for (let copy = 0; copy < copies; copy += 1) {
      const job = this.#open(event, callbackUrl)
      if (late !== undefined) this.#later(late.delayMs, this.#round, () => this.#enqueue(job))
      else if (faultOf(faults, 'reordered') !== undefined) this.#hold(job)
      else this.#enqueue(job)
    }
  }

  deliveries(): Delivery[] {
    return structuredClone(this.#deliveries.slice(-MAX_LOGGED_DELIVERIES))
  }

  async idle(): Promise<void> {
    const round = this.#round
    for (const owner of [...round.held.keys()]) this.#release(owner)
    if (round.pending === 0) return
    await new Promise<void>((resolve) => round.waiting.push(resolve))
    await this.idle()
  }

  clear(): void {
    const round = this.#round
    this.#round = newRound()
    this.#deliveries = []
    round.abort.abort()
    for (const timer of round.timers) clearTimeout(timer)
    for (const resolve of round.waiting) resolve()
  }

  #note(delivery: Delivery): Delivery {
    this.#deliveries.push(delivery)
    if (this.#deliveries.length > 2 * MAX_LOGGED_DELIVERIES) {
      this.#deliveries = this.#deliveries.slice(-MAX_LOGGED_DELIVERIES)
    }
    return delivery
  }

  #open(event: WebhookEvent, callbackUrl: string): Job {
    this.#round.pending += 1
    const delivery = this.#note({ event, outcome: 'pending', attempts: [] })
    return { delivery, callbackUrl, body: eventBody(event) }
  }

  #settle(job: Job, round: Round, outcome: 'delivered' | 'failed'): void {
    job.delivery.outcome = outcome
    round.pending -= 1
    if (round.pending > 0) return
    const waiting = round.waiting
    round.waiting = []
    for (const resolve of waiting) resolve()
  }

  #later(delayMs: number, round: Round, action: () => void): void {
    const timer = setTimeout(() => {
      round.timers.delete(timer)
      action()
    }, delayMs)
    round.timers.add(timer)
  }

  #hold(job: Job): void {
    const owner = job.delivery.event.ownerId
    this.#round.held.set(owner, [...(this.#round.held.get(owner) ?? []), job])
  }

  #release(owner: string): void {
    const jobs = this.#round.held.get(owner) ?? []
    this.#round.held.delete(owner)
    for (const job of jobs) this.#enqueue(job)
  }

  #enqueue(job: Job): void {
    const round = this.#round
    const owner = job.delivery.event.ownerId
    const before = round.queues.get(owner) ?? Promise.resolve()
    const after = before.then(() => this.#attempt(job, round))
    round.queues.set(owner, after)
    void after.then(() => {
      if (round.queues.get(owner) === after) round.queues.delete(owner)
    })
    this.#release(owner)
  }

  async #attempt(job: Job, round: Round): Promise<void> {
    if (round.abort.signal.aborted) return
    const at = this.#options.clock.now()
    const status = await post(job, this.#options, round)
    if (round.abort.signal.aborted) return
    job.delivery.attempts.push({ at, status })
    if (status === 200) {
      this.#settle(job, round, 'delivered')
    } else if (job.delivery.attempts.length >= MAX_ATTEMPTS) {
      this.#settle(job, round, 'failed')
    } else {
      const { webhookRetryDelayMs } = this.#options.settings()
      this.#later(webhookRetryDelayMs, round, () => void this.#attempt(job, round))
    }
  }
}

export function createDeliverer(options: DelivererOptions): Deliverer {
  return new EventDeliverer(options)
}
