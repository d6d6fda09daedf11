import type { Result } from './charts/charts.ts'
import { prototype, shrinkingBuffer, tokenBucket } from './schedulers/others.ts'
import { Ours } from './schedulers/ours.ts'
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

/** One call in a thousand takes its replica with it. */
const CRASHES = 0.001
/** Three replicas: one far ahead, one far behind, one nearly right (ms). */
const CLOCK_OFFSETS = [30_000, -30_000, 400]

/** Limits of both counters; of all calls, twice as many are allowed as of reads (Strava API docs, "Rate limits"). */
export const limitsOf = (quarterHour: number, day: number): BothLimits => ({
  read: { quarterHour, day },
  overall: { quarterHour: 2 * quarterHour, day: 2 * day },
})

/** Runs a scenario with ikigai's ledger. */
export function runOurs(scenario: Scenario): Result {
  const { limits } = scenario
  return run(scenario, new Ours({ limits, begin: BEGIN, clockOffsets: CLOCK_OFFSETS }))
}

/** Runs a scenario with each of those that ikigai is compared with. */
export const runOthers = (scenario: Scenario): Result[] =>
  [prototype(), tokenBucket(scenario.limits), shrinkingBuffer(scenario.limits)].map((scheduler) =>
    run(scenario, scheduler),
  )

function run({ workload, limits, limitChanges, seed }: Scenario, scheduler: Scheduler): Result {
  const strava = new Strava(limits, workload.outages, limitChanges)
  const measures = simulate(workload, scheduler, strava, { crashes: CRASHES }, seed)
  return { name: scheduler.name, measures }
}
