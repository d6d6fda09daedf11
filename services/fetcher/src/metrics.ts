import { type Clock, Counter, Gauge } from '@ikigai/chassis'
import { LANES, type Lane } from '@ikigai/contracts'
import { type Db, queueByLane } from '@ikigai/db'
import { check, type Ledger, type LedgerState, WINDOW_NAMES, WINDOWS } from '@ikigai/quota'
import type { Registry } from 'prom-client'
import type { VerificationOutcome } from './verifications/verify.ts'

/** Counts what the fetcher does. */
export interface Meters {
  /** A call of Strava ended: `ok`, or the kind of the failure. */
  called(lane: Lane, outcome: string): void
  /** A job ended for this time: `done`, `wait`, `later`, `retry` or `dead`, and why. */
  jobEnded(lane: Lane, result: string, reason: string): void
  /** A reported deauthorization was verified, or is to be tried again. */
  verified(outcome: VerificationOutcome): void
}

/** The ledger and the queue as metrics, read when they are asked for; calls and jobs as they end. */
export function measure(
  registry: Registry,
  { db, ledger, clock }: { db: Db; ledger: Ledger; clock: Clock },
): Meters {
  const registers = [registry]
  measureLedger(registry, ledger, clock)
  measureQueue(registry, db, clock)
  const calls = new Counter({
    name: 'ikigai_strava_calls_total',
    help: 'Calls of Strava by how they ended',
    labelNames: ['lane', 'outcome'],
    registers,
  })
  const jobs = new Counter({
    name: 'ikigai_fetch_attempts_total',
    help: 'Tries of jobs by how they ended',
    labelNames: ['lane', 'result', 'reason'],
    registers,
  })
  const verifications = new Counter({
    name: 'ikigai_grant_verifications_total',
    help: 'Reported deauthorizations by what Strava said of them',
    labelNames: ['outcome'],
    registers,
  })
  return {
    called: (lane, outcome) => calls.inc({ lane, outcome }),
    jobEnded: (lane, result, reason) => jobs.inc({ lane, result, reason }),
    verified: (outcome) => verifications.inc({ outcome }),
  }
}

/** Gauges that are read together share one look at what they show. */
function sharing<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined
  return () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
}

function measureLedger(registry: Registry, ledger: Ledger, clock: Clock): void {
  const look = sharing(() => ledger.read())
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
        show(this, await look())
      },
    })
  for (const [name, help, which] of [
    ['ikigai_strava_calls_used', 'Calls in the window', 'used'],
    ['ikigai_strava_calls_limit', 'Calls allowed', 'limit'],
  ] as const) {
    gauge(name, help, ['counter', 'window'], (each, state) => {
      for (const counter of ['read', 'overall'] as const)
        for (const window of WINDOWS)
          each.set({ counter, window: WINDOW_NAMES[window] }, state[counter][which][window])
    })
  }
  gauge('ikigai_strava_calls_in_flight', 'Reservations that are not settled', [], (each, { leases }) =>
    each.set(leases.length),
  )
  gauge(
    'ikigai_fetch_lane_wait_seconds',
    'How long a lane has to wait for quota; 0: it may call',
    ['lane'],
    (each, state) => {
      const now = clock.now()
      for (const lane of LANES) each.set({ lane }, ((check(state, lane, now).retryAt ?? now) - now) / 1_000)
    },
  )
}

function measureQueue(registry: Registry, db: Db, clock: Clock): void {
  const look = sharing(() => queueByLane(db, new Date(clock.now())))
  new Gauge({
    name: 'ikigai_fetch_queue_depth',
    help: 'Jobs: waiting to be served, delayed, under way, given up',
    labelNames: ['lane', 'state'],
    registers: [registry],
    async collect() {
      for (const { lane, waiting, delayed, underWay, dead } of await look()) {
        this.set({ lane, state: 'waiting' }, waiting)
        this.set({ lane, state: 'delayed' }, delayed)
        this.set({ lane, state: 'under_way' }, underWay)
        this.set({ lane, state: 'dead' }, dead)
      }
    },
  })
  new Gauge({
    name: 'ikigai_fetch_queue_oldest_age_seconds',
    help: 'How long the oldest job that could be served has waited',
    labelNames: ['lane'],
    registers: [registry],
    async collect() {
      const now = clock.now()
      for (const { lane, oldestAt } of await look())
        this.set({ lane }, Math.max(0, now - (oldestAt ?? now)) / 1_000)
    },
  })
}
