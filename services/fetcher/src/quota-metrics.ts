import { type Clock, type Logger, type Registry, registerStateGauges, type StateGauge } from '@ikigai/chassis'
import { LANES } from '@ikigai/contracts'
import { type Db, type LaneQueue, queueByLane } from '@ikigai/db'
import {
  breakerStateOf,
  COUNTERS,
  check,
  type Ledger,
  type LedgerState,
  WINDOW_NAMES,
  WINDOWS,
} from '@ikigai/quota'
import { STRAVA_STATES, stravaStateOf } from '@ikigai/status'

/** Dependencies of {@link registerQuotaMetrics}. */
export interface QuotaMetricsDeps {
  readonly db: Db
  readonly ledger: Ledger
  readonly clock: Clock
  readonly logger: Logger
}

/** Registers the quota ledger, the circuit breaker and the queue, read at each scrape. */
export function registerQuotaMetrics(
  registry: Registry,
  { db, ledger, clock, logger }: QuotaMetricsDeps,
): void {
  registerStateGauges({
    registry,
    logger,
    read: () => ledger.read(),
    gauges: [
      callsGauge('ikigai_strava_calls_limit', 'Calls that Strava allows in the window.', 'limit'),
      callsGauge('ikigai_strava_calls_used', 'Calls made in the window, those in flight included.', 'used'),
      {
        name: 'ikigai_strava_calls_in_flight',
        help: 'Calls that are reserved and not settled yet.',
        samples: ({ leases }) => [{ value: leases.length }],
      },
      circuitGauge(clock),
      stravaGauge(clock),
      {
        name: 'ikigai_fetch_lane_wait_seconds',
        help: 'Time until the quota lets a lane call; 0 if it may now.',
        labelNames: ['lane'],
        samples: (state) => laneWaits(state, clock.now()),
      },
    ],
  })
  registerStateGauges({
    registry,
    logger,
    read: () => queueByLane(db, new Date(clock.now())),
    gauges: [
      {
        name: 'ikigai_fetch_queue_depth',
        help: 'Queued work by lane and state: waiting, delayed, under_way, or dead (given up).',
        labelNames: ['lane', 'state'],
        samples: (lanes) => lanes.flatMap(depths),
      },
      {
        name: 'ikigai_fetch_queue_oldest_age_seconds',
        help: 'Time for which the oldest work that could be served has waited; 0 if none waits.',
        labelNames: ['lane'],
        samples: (lanes) =>
          lanes.map(({ lane, oldestAt }) => ({
            labels: { lane },
            value: oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1_000,
          })),
      },
    ],
  })
}

function callsGauge(name: string, help: string, which: 'limit' | 'used'): StateGauge<LedgerState> {
  return {
    name,
    help,
    labelNames: ['counter', 'window'],
    samples: (state) =>
      COUNTERS.flatMap((counter) =>
        WINDOWS.map((window) => ({
          labels: { counter, window: WINDOW_NAMES[window] },
          value: state[counter][which][window],
        })),
      ),
  }
}

function circuitGauge(clock: Clock): StateGauge<LedgerState> {
  return {
    name: 'ikigai_strava_circuit',
    help: '1 for the present state of the circuit breaker (closed, open, half-open) and the reason it opened for.',
    labelNames: ['state', 'reason'],
    samples: ({ breaker }) => {
      const labels = {
        state: breakerStateOf(breaker, clock.now()),
        reason: breaker.tripped?.reason ?? 'none',
      }
      return [{ labels, value: 1 }]
    },
  }
}

function stravaGauge(clock: Clock): StateGauge<LedgerState> {
  return {
    name: 'ikigai_strava_state',
    help: '1 for the state of Strava that its latest answers show; 0 for the others.',
    labelNames: ['state'],
    samples: (ledger) => {
      const { state } = stravaStateOf(ledger, clock.now())
      return STRAVA_STATES.map((one) => ({ labels: { state: one }, value: one === state ? 1 : 0 }))
    },
  }
}

const laneWaits = (state: LedgerState, now: number) =>
  LANES.map((lane) => ({ labels: { lane }, value: ((check(state, lane, now).retryAt ?? now) - now) / 1_000 }))

const depths = ({ lane, waiting, delayed, underWay, dead }: LaneQueue) =>
  Object.entries({ waiting, delayed, under_way: underWay, dead }).map(([state, value]) => ({
    labels: { lane, state },
    value,
  }))
