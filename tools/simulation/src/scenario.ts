import type { Result } from './charts/charts.ts'
import { prototype, shrinkingBuffer, tokenBucket } from './schedulers/baselines.ts'
import { LedgerScheduler } from './schedulers/ledger-scheduler.ts'
import type { Scheduler } from './schedulers/scheduler.ts'
import { simulate } from './simulate.ts'
import { type BothLimits, type LimitChange, Strava } from './strava.ts'
import { BEGIN, type Workload } from './workload.ts'

/** One workload on one limit. */
export interface Scenario {
  readonly workload: Workload
  readonly limits: BothLimits
  readonly seed: number
  readonly limitChanges?: readonly LimitChange[]
}

/** In one call of a thousand the replica dies. */
const CRASHES = 0.001
/** Clock offsets of three replicas (ms). */
const CLOCK_OFFSETS = [30_000, -30_000, 400]

/** Limits of both counters; the overall limit is twice the read limit (Strava API docs, "Rate limits"). */
export const limitsOf = (quarterHour: number, day: number): BothLimits => ({
  read: { quarterHour, day },
  overall: { quarterHour: 2 * quarterHour, day: 2 * day },
})

/** Runs a scenario with ikigai's ledger. */
export function runOurs(scenario: Scenario): Result {
  const { limits } = scenario
  return run(scenario, new LedgerScheduler({ limits, begin: BEGIN, clockOffsets: CLOCK_OFFSETS }))
}

/** Runs a scenario with each of the baselines. */
export const runOthers = (scenario: Scenario): Result[] =>
  [prototype(), tokenBucket(scenario.limits), shrinkingBuffer(scenario.limits)].map((scheduler) =>
    run(scenario, scheduler),
  )

function run({ workload, limits, limitChanges, seed }: Scenario, scheduler: Scheduler): Result {
  const strava = new Strava(limits, workload.outages, limitChanges)
  const measures = simulate(workload, scheduler, strava, { crashes: CRASHES }, seed)
  return { name: scheduler.name, measures }
}
