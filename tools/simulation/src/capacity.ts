import { table } from './report.ts'
import { callsOfWalk } from './walks.ts'

/** Calls a day of an average athlete. */
export interface Load {
  readonly medianHistory: number
  readonly perWeek: number
  /** New athletes a month, as a share of the existing ones. */
  readonly growth: number
}

const LIMITS = [
  [100, 1_000],
  [200, 2_000],
  [600, 6_000],
  [600, 30_000],
] as const

/** Mean calls of an import and of a resync over log-normal histories, by quantiles. */
function meanCalls(medianHistory: number): { readonly first: number; readonly again: number } {
  const steps = 2_000
  let [first, again] = [0, 0]
  for (let i = 0; i < steps; i++) {
    const history = Math.round(medianHistory * Math.exp(1.2 * normalQuantile((i + 0.5) / steps)))
    const whole = callsOfWalk(history)
    first += whole
    // Every second one asks for what lies behind the oldest.
    again += (whole + callsOfWalk(history, { savesTheEnd: true })) / 2
  }
  return { first: first / steps, again: again / steps }
}

/** Inverse of the logistic curve that lies closest to the normal one: exact to a few hundredths, which is enough. */
const normalQuantile = (share: number) => Math.log(share / (1 - share)) / 1.702

/** Calls a day of one athlete: a resync every six days, new activities, and the share of sign-ups. */
function callsPerAthlete({
  medianHistory,
  perWeek,
  growth,
}: Load): Record<'resync' | 'webhook' | 'signUp', number> {
  const { first, again } = meanCalls(medianHistory)
  return { resync: again / 6, webhook: perWeek / 7, signUp: ((first + 5) * growth) / 30 }
}

/** Athletes that a limit can serve, with a tenth of the day in reserve. */
export function athletesServed(dayLimit: number, load: Load): number {
  const { resync, webhook, signUp } = callsPerAthlete(load)
  return Math.floor((0.9 * dayLimit) / (resync + webhook + signUp))
}

/** The answer to "how many athletes can I serve on this limit?". */
export function capacityReport(load: Load): string {
  const { resync, webhook, signUp } = callsPerAthlete(load)
  const rows = LIMITS.map(([quarterHour, day]) => {
    const athletes = athletesServed(day, load)
    return [
      `${quarterHour} / ${day.toLocaleString('en')}`,
      athletes.toLocaleString('en'),
      ...[resync, webhook, signUp].map((calls) => Math.round(calls * athletes).toLocaleString('en')),
    ]
  })
  return [
    `Median history ${load.medianHistory}, ${load.perWeek} activities a week, ${Math.round(load.growth * 100)} % new athletes a month:`,
    `one athlete costs ${(resync + webhook + signUp).toFixed(2)} calls a day.`,
    '',
    table([['reads 15 min / day', 'athletes', 'resync', 'new activities', 'sign-ups'], ...rows]),
  ].join('\n')
}
