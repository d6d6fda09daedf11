import { type Clock, Counter, Gauge } from '@ikigai/chassis'
import { LANES, type Lane } from '@ikigai/contracts'
import { type Db, queueByLane } from '@ikigai/db'
import { check, type Ledger, type LedgerState, WINDOW_NAMES, WINDOWS } from '@ikigai/quota'
import type { Registry } from 'prom-client'
import type { VerificationOutcome } from './verifications/verify.ts'

/** The counters of the fetcher. */
export interface Meters {
  /** Counts a call to Strava: `ok`, or the kind of the failure. */
  called(lane: Lane, outcome: string): void
  /** Counts an attempt by its result (see `JobResult`) and reason. */
  jobEnded(lane: Lane, result: string, reason: string): void
  /** Counts a verification of a reported deauthorization. */
  verified(outcome: VerificationOutcome): void
}

/** Registers the metrics. Gauges of the ledger and the queue are read at each scrape. */
export function measure(
  registry: Registry,
  { db, ledger, clock }: { db: Db; ledger: Ledger; clock: Clock },
): Meters {
  const registers = [registry]
  measureLedger(registry, ledger, clock)
  measureQueue(registry, db, clock)
  const calls = new Counter({
    name: 'ikigai_strava_calls_total',
    help: 'Calls to Strava by lane and outcome',
    labelNames: ['lane', 'outcome'],
    registers,
  })
  const jobs = new Counter({
    name: 'ikigai_fetch_attempts_total',
    help: 'Attempts by lane, result and reason',
    labelNames: ['lane', 'result', 'reason'],
    registers,
  })
  const verifications = new Counter({
    name: 'ikigai_grant_verifications_total',
    help: 'Verifications of reported deauthorizations by outcome',
    labelNames: ['outcome'],
    registers,
  })
  return {
    called: (lane, outcome) => calls.inc({ lane, outcome }),
    jobEnded: (lane, result, reason) => jobs.inc({ lane, result, reason }),
    verified: (outcome) => verifications.inc({ outcome }),
  }
}

/** Lets gauges that are collected together share one query. */
function sharing<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  return () => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
}

function measureLedger(registry: Registry, ledger: Ledger, clock: Clock): void {
  const read = sharing(() => ledger.read())
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    show: (gauge: Gauge<Label>, state: LedgerState) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        show(this, await read())
      },
    })
  for (const [name, help, which] of [
    ['ikigai_strava_calls_used', 'Calls used in the current window', 'used'],
    ['ikigai_strava_calls_limit', 'Calls allowed in a window', 'limit'],
  ] as const) {
    gauge(name, help, ['counter', 'window'], (each, state) => {
      for (const counter of ['read', 'overall'] as const)
        for (const window of WINDOWS)
          each.set({ counter, window: WINDOW_NAMES[window] }, state[counter][which][window])
    })
  }
  gauge('ikigai_strava_calls_in_flight', 'Calls reserved and not settled', [], (each, { leases }) =>
    each.set(leases.length),
  )
  gauge(
    'ikigai_fetch_lane_wait_seconds',
    'Seconds until the quota admits a call of the lane; 0 if it does now',
    ['lane'],
    (each, state) => {
      const now = clock.now()
      for (const lane of LANES) each.set({ lane }, ((check(state, lane, now).retryAt ?? now) - now) / 1_000)
    },
  )
}

function measureQueue(registry: Registry, db: Db, clock: Clock): void {
  const read = sharing(() => queueByLane(db, new Date(clock.now())))
  new Gauge({
    name: 'ikigai_fetch_queue_depth',
    help: 'Calls that are waiting, delayed, in flight or dead',
    labelNames: ['lane', 'state'],
    registers: [registry],
    async collect() {
      for (const { lane, waiting, delayed, underWay, dead } of await read()) {
        this.set({ lane, state: 'waiting' }, waiting)
        this.set({ lane, state: 'delayed' }, delayed)
        this.set({ lane, state: 'under_way' }, underWay)
        this.set({ lane, state: 'dead' }, dead)
      }
    },
  })
  new Gauge({
    name: 'ikigai_fetch_queue_oldest_age_seconds',
    help: 'Age of the oldest entry that could be served',
    labelNames: ['lane'],
    registers: [registry],
    async collect() {
      const now = clock.now()
      for (const { lane, oldestAt } of await read())
        this.set({ lane }, Math.max(0, now - (oldestAt ?? now)) / 1_000)
    },
  })
}
