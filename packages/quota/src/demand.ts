import { LANES, type Lane } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'

export const HOUR_MS = 3_600_000
const HOURS = 24

/** Days that an average looks back on: older ones fade. */
const MEMORY_DAYS = 7

/** Hours of the guess for a new application that weigh as much as hours that were seen. */
const GUESS_HOURS = 6

/** A new application is taken to need this share of a day's limit for each lane, evenly over the day. */
const GUESS: Record<Lane, number> = {
  signup: 0.01,
  recent: 0.05,
  live: 0.04,
  backlog: 0.1,
  refresh: 0.05,
  enrich: 0,
}

const perLane = Type.Object({
  signup: Type.Integer(),
  recent: Type.Integer(),
  live: Type.Integer(),
  backlog: Type.Integer(),
  refresh: Type.Integer(),
  enrich: Type.Integer(),
})

const hours = Type.Array(Type.Number())
const hoursPerLane = Type.Object({
  signup: hours,
  recent: hours,
  live: hours,
  backlog: hours,
  refresh: hours,
  enrich: hours,
})

/** Schema of {@link Demand}. */
export const DemandSchema = Type.Object({
  /** Start of the hour that `calls` speaks of: epoch ms. */
  hour: Type.Integer(),
  calls: perLane,
  seen: Type.Object({
    /** Days that each hour of the day (UTC) was seen on, {@link MEMORY_DAYS} at most. */
    days: hours,
    /** Calls in that hour, on a fading average. */
    average: hoursPerLane,
  }),
})

/** The calls that each lane has made, by hour of the day: what the forecast is made from. */
export type Demand = Static<typeof DemandSchema>

type Seen = Demand['seen']

const NONE: Demand['calls'] = { signup: 0, recent: 0, live: 0, backlog: 0, refresh: 0, enrich: 0 }
const zeros = () => Array.from({ length: HOURS }, () => 0)

/** Nothing seen yet. `now` is epoch ms. */
export function noDemand(now: number): Demand {
  const average = {
    signup: zeros(),
    recent: zeros(),
    live: zeros(),
    backlog: zeros(),
    refresh: zeros(),
    enrich: zeros(),
  }
  return { hour: now - (now % HOUR_MS), calls: NONE, seen: { days: zeros(), average } }
}

/** Counts one call of a lane. */
export const countDemand = (demand: Demand, lane: Lane): Demand => ({
  ...demand,
  calls: { ...demand.calls, [lane]: demand.calls[lane] + 1 },
})

/** Takes the hours that are over into the averages; hours without a call count as such. `now` is epoch ms. */
export function rollDemand(demand: Demand, now: number): Demand {
  const over = Math.floor((now - demand.hour) / HOUR_MS)
  if (over < 1) return demand
  const days = [...demand.seen.days]
  const average = { ...demand.seen.average }
  for (const lane of LANES) average[lane] = [...average[lane]]
  for (let i = 0; i < Math.min(over, HOURS * MEMORY_DAYS); i++) {
    const hour = hourOfDay(demand.hour + i * HOUR_MS)
    const seen = Math.min(MEMORY_DAYS, (days[hour] ?? 0) + 1)
    days[hour] = seen
    for (const lane of LANES) {
      const before = average[lane][hour] ?? 0
      average[lane][hour] = rounded(before + ((i === 0 ? demand.calls[lane] : 0) - before) / seen)
    }
  }
  return { hour: demand.hour + over * HOUR_MS, calls: NONE, seen: { days, average } }
}

/** Kept short: the state is written with every call. */
const rounded = (calls: number) => Math.round(calls * 100) / 100

const hourOfDay = (at: number) => Math.floor(at / HOUR_MS) % HOURS

/** Expected calls of a lane from `from` to `to` (epoch ms, less than a day apart). `dayLimit`: for what was never seen. */
export function expectedCalls(
  demand: Demand,
  lane: Lane,
  from: number,
  to: number,
  dayLimit: number,
): number {
  const before = running(demand.seen, dayLimit)[lane]
  const expected = upTo(before, to) - upTo(before, from)
  return from < demand.hour + HOUR_MS ? expected + surge(demand, lane, before, from, to) : expected
}

/** Calls from midnight of the first day to an instant of that day or later. */
function upTo(before: readonly number[], at: number): number {
  const hour = Math.floor(at / HOUR_MS)
  const whole = before[hour % HOURS] ?? 0
  const next = before[(hour % HOURS) + 1] ?? 0
  const day = before[HOURS] ?? 0
  return Math.floor(hour / HOURS) * day + whole + (next - whole) * ((at % HOUR_MS) / HOUR_MS)
}

/** An hour that is busier than usual is expected to stay so until its end. */
function surge(demand: Demand, lane: Lane, before: readonly number[], from: number, to: number): number {
  const hour = hourOfDay(demand.hour)
  const usual = (before[hour + 1] ?? 0) - (before[hour] ?? 0)
  const elapsed = Math.max(HOUR_MS / 4, from - demand.hour)
  const rate = demand.calls[lane] / elapsed - usual / HOUR_MS
  return Math.max(0, rate) * Math.max(0, Math.min(to, demand.hour + HOUR_MS) - from)
}

/** Derived once for each set of averages: they change by the hour, and are asked for with every call. */
const known = new WeakMap<Seen, { dayLimit: number; running: Record<Lane, number[]> }>()

/** Expected calls before each full hour of the day, by lane: 25 numbers. */
function running(seen: Seen, dayLimit: number): Record<Lane, number[]> {
  const found = known.get(seen)
  if (found?.dayLimit === dayLimit) return found.running
  const made = {
    signup: runningOf(seen, 'signup', dayLimit),
    recent: runningOf(seen, 'recent', dayLimit),
    live: runningOf(seen, 'live', dayLimit),
    backlog: runningOf(seen, 'backlog', dayLimit),
    refresh: runningOf(seen, 'refresh', dayLimit),
    enrich: runningOf(seen, 'enrich', dayLimit),
  }
  known.set(seen, { dayLimit, running: made })
  return made
}

/**
 * An hour's expectation is its average, with the average over all hours as one more day; and that has the guess for
 * a new application as some more hours. So what was never seen is guessed, and the guess fades.
 */
function runningOf({ days, average }: Seen, lane: Lane, dayLimit: number): number[] {
  const guess = (GUESS[lane] * dayLimit) / HOURS
  const weighted = average[lane].reduce((sum, calls, hour) => sum + calls * (days[hour] ?? 0), 0)
  const weights = days.reduce((sum, day) => sum + day, 0)
  const usual = (weighted + guess * GUESS_HOURS) / (weights + GUESS_HOURS)
  const before = [0]
  for (let hour = 0; hour < HOURS; hour++) {
    const seen = days[hour] ?? 0
    const expected = ((average[lane][hour] ?? 0) * seen + usual) / (seen + 1)
    before.push((before[hour] ?? 0) + expected)
  }
  return before
}
