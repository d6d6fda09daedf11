import type { Lane } from '@ikigai/contracts'
import type { Demand } from './demand.ts'
import { HOUR_MS, HOURS } from './windows.ts'

/** Days that an average looks back on: older ones fade. */
export const MEMORY_DAYS = 7

type Seen = Demand['seen']

/** Hours of the guess for a new application that weigh as much as hours that were seen. */
const GUESS_HOURS = 6

/** How alike the hours of a day are, in calls: where there are fewer, the average over all hours says more. */
const ALIKE_HOURS = 3
/** A new application is taken to need this share of a day's limit for each lane, evenly over the day. */
const GUESS: Record<Lane, number> = {
  signup: 0.01,
  newest: 0.05,
  webhook: 0.04,
  backfill: 0.1,
  resync: 0.05,
  enrich: 0,
}

/**
 * Calls of some lanes that usually come from `from` to `to` (epoch ms), by the hour of the day.
 * @param lanes one of a few constant lists: what is derived from it is kept
 * @param dayLimit for the guess at what was never seen
 */
export function usualCalls(
  seen: Seen,
  lanes: readonly Lane[],
  dayLimit: number,
  from: number,
  to: number,
): number {
  const before = running(seen, lanes, dayLimit)
  return upTo(before, to) - upTo(before, from)
}

/** As {@link usualCalls}, of new activities that come, whenever they are called. */
export function usualLive(seen: Seen, dayLimit: number, from: number, to: number): number {
  let came = cameOf.get(seen)
  if (came === undefined) {
    came = { ...seen, average: { ...seen.average, webhook: seen.webhook ?? seen.average.webhook } }
    cameOf.set(seen, came)
  }
  return usualCalls(came, LIVE, dayLimit, from, to)
}

const LIVE: readonly Lane[] = ['webhook']
const cameOf = new WeakMap<Seen, Seen>()

/** Calls from midnight of the first day to an instant of that day or later. */
function upTo(before: readonly number[], at: number): number {
  const hour = Math.floor(at / HOUR_MS)
  const whole = before[hour % HOURS] ?? 0
  const next = before[(hour % HOURS) + 1] ?? 0
  const day = before[HOURS] ?? 0
  return Math.floor(hour / HOURS) * day + whole + (next - whole) * ((at % HOUR_MS) / HOUR_MS)
}

/** Derived once for each set of averages: they change by the hour, and are asked for with every call. */
const derivedOf = new WeakMap<Seen, { dayLimit: number; running: Map<readonly Lane[], readonly number[]> }>()

/** Expected calls before each full hour of the day: 25 numbers. */
function running(seen: Seen, lanes: readonly Lane[], dayLimit: number): readonly number[] {
  let derived = derivedOf.get(seen)
  if (derived?.dayLimit !== dayLimit) {
    derived = { dayLimit, running: new Map() }
    derivedOf.set(seen, derived)
  }
  let found = derived.running.get(lanes)
  if (found === undefined) {
    found = runningOf(seen, lanes, dayLimit)
    derived.running.set(lanes, found)
  }
  return found
}

function runningOf(seen: Seen, lanes: readonly Lane[], dayLimit: number): number[] {
  const hourly = lanes.map((lane) => hourlyOf(seen, lane, (GUESS[lane] * dayLimit) / HOURS))
  const before = [0]
  for (let hour = 0; hour < HOURS; hour++)
    before.push((before[hour] ?? 0) + hourly.reduce((sum, calls) => sum + (calls[hour] ?? 0), 0))
  return before
}

/**
 * An hour's expectation is its average, with some more calls as they come on average over all hours; and that has the
 * guess for a new application as some more hours. So what was never seen is guessed, and the guess fades.
 */
function hourlyOf({ days, average }: Seen, lane: Lane, guess: number): number[] {
  const weighted = average[lane].reduce((sum, calls, hour) => sum + calls * (days[hour] ?? 0), 0)
  const weights = days.reduce((sum, day) => sum + day, 0)
  const usual = (weighted + guess * GUESS_HOURS) / (weights + GUESS_HOURS)
  const more = usual > 0 ? Math.min(MEMORY_DAYS, ALIKE_HOURS / usual) : MEMORY_DAYS
  return days.map((seen, hour) => ((average[lane][hour] ?? 0) * seen + usual * more) / (seen + more))
}
