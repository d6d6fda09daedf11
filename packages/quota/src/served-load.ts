import { LANES, type Lane } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { DAY_MS, HOUR_MS, HOURS } from './windows.ts'

const lanes = <Value extends ReturnType<typeof Type.Number> | ReturnType<typeof Type.Array>>(value: Value) =>
  Type.Object({ signup: value, newest: value, webhook: value, backfill: value, resync: value, enrich: value })

/** Schema of {@link ServedLoad}. */
export const ServedLoadSchema = Type.Object({
  /** Start of the hour that `calls` counts: epoch ms. */
  hour: Type.Integer(),
  calls: lanes(Type.Number()),
  /** Calls of the interactive lanes on this day (UTC), and on the busiest recent day, which decays. */
  interactive: Type.Object({ today: Type.Number(), peak: Type.Number() }),
  baseline: Type.Object({
    /** Days on which each hour of the day (UTC) was seen: {@link MEMORY_DAYS} at most. */
    samples: Type.Array(Type.Number()),
    /** Mean calls in each hour of the day, exponentially weighted. */
    mean: lanes(Type.Array(Type.Number())),
  }),
})

/** Calls served, by lane and hour of the day: what the headroom is computed from. */
export type ServedLoad = Static<typeof ServedLoadSchema>
type Baseline = ServedLoad['baseline']

/** The lanes whose calls an athlete waits for. */
export const INTERACTIVE_LANES: readonly Lane[] = ['signup', 'newest', 'webhook']

/** Factor by which the busiest day's calls decay per day. */
const PEAK_DECAY = 0.85

/** Maximum weight of the past in the baseline: days. */
const MEMORY_DAYS = 7

/** Prior of a new application: this share of the day's limit for each lane, evenly over the day. */
const PRIOR_SHARE: Readonly<Record<Lane, number>> = {
  signup: 0.01,
  newest: 0.05,
  webhook: 0.04,
  backfill: 0.1,
  resync: 0.05,
  enrich: 0,
}
/** Observed hours that the prior weighs as much as. */
const PRIOR_WEIGHT_HOURS = 6
/** Shrinkage of an hour's mean towards the mean of all hours, in calls: few calls say little about one hour. */
const SHRINKAGE_CALLS = 3

const perLane = <Value>(value: () => Value): Record<Lane, Value> => ({
  signup: value(),
  newest: value(),
  webhook: value(),
  backfill: value(),
  resync: value(),
  enrich: value(),
})
const zero = () => 0
const zeros = () => Array.from({ length: HOURS }, zero)

/** Nothing served yet. `now` is epoch ms. */
export const emptyLoad = (now: number): ServedLoad => ({
  hour: now - (now % HOUR_MS),
  calls: perLane(zero),
  interactive: { today: 0, peak: 0 },
  baseline: { samples: zeros(), mean: perLane(zeros) },
})

/** Counts calls; expected calls of a projection may be fractions. */
export function countServed(load: ServedLoad, served: Partial<Record<Lane, number>>): ServedLoad {
  const calls = { ...load.calls }
  let { today } = load.interactive
  for (const lane of LANES) {
    calls[lane] += served[lane] ?? 0
    if (INTERACTIVE_LANES.includes(lane)) today += served[lane] ?? 0
  }
  return { ...load, calls, interactive: { ...load.interactive, today } }
}

/** Adds the past hours to the baseline, hours without a call included. `now` is epoch ms. */
export function advanceLoad(load: ServedLoad, now: number): ServedLoad {
  const elapsed = Math.floor((now - load.hour) / HOUR_MS)
  if (elapsed < 1) return load
  const samples = [...load.baseline.samples]
  const mean = { ...load.baseline.mean }
  for (const lane of LANES) mean[lane] = [...mean[lane]]
  for (let i = 0; i < Math.min(elapsed, HOURS * MEMORY_DAYS); i++) {
    const hour = Math.floor(load.hour / HOUR_MS + i) % HOURS
    const count = Math.min(MEMORY_DAYS, (samples[hour] ?? 0) + 1)
    samples[hour] = count
    for (const lane of LANES) {
      const before = mean[lane][hour] ?? 0
      mean[lane][hour] = rounded(before + ((i === 0 ? load.calls[lane] : 0) - before) / count)
    }
  }
  const hour = load.hour + elapsed * HOUR_MS
  return { hour, calls: perLane(zero), interactive: advanceDay(load, hour), baseline: { samples, mean } }
}

function advanceDay({ hour, interactive }: ServedLoad, now: number): ServedLoad['interactive'] {
  const days = Math.floor(now / DAY_MS) - Math.floor(hour / DAY_MS)
  if (days < 1) return interactive
  const { today, peak } = interactive
  return { today: 0, peak: rounded(Math.max(today, peak * PEAK_DECAY) * PEAK_DECAY ** (days - 1)) }
}

/** Rounds, because the state is written with every call and has to be small. */
const rounded = (calls: number) => Math.round(calls * 100) / 100

/**
 * Calls of some lanes expected from `from` to `to` (epoch ms) by the baseline.
 * @param lanes a constant list: results are cached by its identity
 * @param dayLimit for the prior
 */
export function baselineCalls(
  { baseline }: ServedLoad,
  lanes: readonly Lane[],
  dayLimit: number,
  from: number,
  to: number,
): number {
  const cumulative = cumulativeOf(baseline, lanes, dayLimit)
  return callsUntil(cumulative, to) - callsUntil(cumulative, from)
}

/** Calls from midnight of the first day to an instant of that day or later. */
function callsUntil(cumulative: readonly number[], at: number): number {
  const hour = Math.floor(at / HOUR_MS)
  const whole = cumulative[hour % HOURS] ?? 0
  const next = cumulative[(hour % HOURS) + 1] ?? 0
  const day = cumulative[HOURS] ?? 0
  return Math.floor(hour / HOURS) * day + whole + (next - whole) * ((at % HOUR_MS) / HOUR_MS)
}

/** Cache: baselines change once an hour and are read with every call. */
const cache = new WeakMap<Baseline, { dayLimit: number; of: Map<readonly Lane[], readonly number[]> }>()

/** Expected calls before each full hour of the day: 25 numbers. */
function cumulativeOf(baseline: Baseline, lanes: readonly Lane[], dayLimit: number): readonly number[] {
  let cached = cache.get(baseline)
  if (cached?.dayLimit !== dayLimit) {
    cached = { dayLimit, of: new Map() }
    cache.set(baseline, cached)
  }
  let found = cached.of.get(lanes)
  if (found === undefined) {
    const hourly = lanes.map((lane) => shrunkHourlyMeans(baseline, lane, dayLimit))
    const cumulative = [0]
    for (let hour = 0; hour < HOURS; hour++)
      cumulative.push((cumulative[hour] ?? 0) + hourly.reduce((sum, calls) => sum + (calls[hour] ?? 0), 0))
    found = cumulative
    cached.of.set(lanes, found)
  }
  return found
}

/** Hourly means, shrunk towards the mean of all hours, which is shrunk towards the prior; the prior's weight fades within days. */
function shrunkHourlyMeans({ samples, mean }: Baseline, lane: Lane, dayLimit: number): number[] {
  const total = mean[lane].reduce((sum, calls, hour) => sum + calls * (samples[hour] ?? 0), 0)
  const weight = samples.reduce((sum, count) => sum + count, 0)
  const prior = (PRIOR_SHARE[lane] * dayLimit) / HOURS
  const overall = (total + prior * PRIOR_WEIGHT_HOURS) / (weight + PRIOR_WEIGHT_HOURS)
  const shrinkage = overall > 0 ? Math.min(MEMORY_DAYS, SHRINKAGE_CALLS / overall) : MEMORY_DAYS
  return samples.map(
    (count, hour) => ((mean[lane][hour] ?? 0) * count + overall * shrinkage) / (count + shrinkage),
  )
}
