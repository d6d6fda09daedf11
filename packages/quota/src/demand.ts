import { LANES, type Lane } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'

export const HOUR_MS = 3_600_000
const HOURS = 24
const DAY_MS = HOURS * HOUR_MS

/** Days that an average looks back on: older ones fade. */
const MEMORY_DAYS = 7

/** What is more than usual fades to 1/e within this. */
const SURGE_MS = 2 * HOUR_MS

/** Within so many standard deviations of calls that come in bursts, being busier means nothing. */
const CHANCE = 2
/** Calls that come at once: a sign-up and its newest. */
const BURST = 6

/** What is left of the busiest day after a day. */
const PEAK_KEPT = 0.85

/** Hours of the guess for a new application that weigh as much as hours that were seen. */
const GUESS_HOURS = 6

/** How alike the hours of a day are, in calls: where there are fewer, the average over all hours says more. */
const ALIKE_HOURS = 3
/** How alike the days are, likewise: a weekend brings about a third more new activities, a Friday a quarter less. */
const ALIKE_DAYS = 16

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
  /** Calls in the hour before it. */
  before: Type.Optional(perLane),
  /** No call could be made for `ms` until then (epoch ms): what came meanwhile was called after it. */
  gap: Type.Optional(Type.Object({ until: Type.Integer(), ms: Type.Integer() })),
  /** Calls for new activities on this day (UTC); absent until the first midnight. */
  live: Type.Optional(Type.Integer()),
  /** Calls of the urgent lanes on this day (UTC), and on the busiest of late: that fades. */
  urgent: Type.Object({ today: Type.Integer(), peak: Type.Number() }),
  seen: Type.Object({
    /** Days that each hour of the day (UTC) was seen on, {@link MEMORY_DAYS} at most. */
    days: hours,
    /** Calls in that hour, on a fading average. */
    average: hoursPerLane,
  }),
})

/** The lanes that somebody waits for, and whose calls nobody can put off. */
export const URGENT: readonly Lane[] = ['signup', 'recent', 'live']

/** Its calls tell how busy the day is. */
const LIVE: readonly Lane[] = ['live']

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
  return {
    hour: now - (now % HOUR_MS),
    calls: NONE,
    urgent: { today: 0, peak: 0 },
    seen: { days: zeros(), average },
  }
}

/** Counts one call of a lane. */
export const countDemand = (demand: Demand, lane: Lane): Demand => ({
  ...demand,
  calls: { ...demand.calls, [lane]: demand.calls[lane] + 1 },
  ...(lane === 'live' && liveToo(demand, 1)),
  urgent: URGENT.includes(lane) ? { ...demand.urgent, today: demand.urgent.today + 1 } : demand.urgent,
})

/** The demand, with jobs that wait as if they had been called. */
export function withWaiting(demand: Demand, waiting: Partial<Record<Lane, number>>): Demand {
  const calls = { ...demand.calls }
  for (const lane of LANES) calls[lane] += waiting[lane] ?? 0
  return { ...demand, calls, ...liveToo(demand, waiting.live ?? 0) }
}

const liveToo = ({ live }: Demand, more: number) => live !== undefined && { live: live + more }

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
  const hour = demand.hour + over * HOUR_MS
  const before = over === 1 ? demand.calls : NONE
  const isNewDay = Math.floor(hour / DAY_MS) > Math.floor(demand.hour / DAY_MS)
  return {
    ...demand,
    hour,
    calls: NONE,
    before,
    ...(isNewDay && { live: 0 }),
    urgent: rollUrgent(demand, hour),
    seen: { days, average },
  }
}

function rollUrgent({ hour, urgent }: Demand, now: number): Demand['urgent'] {
  const days = Math.floor(now / DAY_MS) - Math.floor(hour / DAY_MS)
  if (days < 1) return urgent
  return {
    today: 0,
    peak: rounded(Math.max(urgent.today, urgent.peak * PEAK_KEPT) * PEAK_KEPT ** (days - 1)),
  }
}

/** Kept short: the state is written with every call. */
const rounded = (calls: number) => Math.round(calls * 100) / 100

const hourOfDay = (at: number) => Math.floor(at / HOUR_MS) % HOURS

/**
 * Expected calls of some lanes from `from` to `to` (epoch ms).
 * @param lanes one of a few constant lists: what is derived from it is kept
 * @param dayLimit for the guess at what was never seen
 * @param known the instant that the demand speaks of, at `from` or before it
 */
export function expectedCalls(
  demand: Demand,
  lanes: readonly Lane[],
  from: number,
  to: number,
  dayLimit: number,
  known: number = from,
): number {
  const before = running(demand.seen, lanes, dayLimit)
  const usual = (since: number, until: number) => upTo(before, until) - upTo(before, since)
  return usual(from, to) + surge(demand, lanes, usual, from, to, known)
}

/**
 * As {@link expectedCalls}, of the lane `live`, and until midnight as many more or fewer than usual as there were on this
 * day so far: weekends bring more. Nothing is kept back for that, or rows would be listed again too late.
 */
export function expectedLive(
  demand: Demand,
  from: number,
  to: number,
  dayLimit: number,
  known: number,
): number {
  const before = running(demand.seen, LIVE, dayLimit)
  const midnight = demand.hour - (demand.hour % DAY_MS)
  const today = (at: number) => upTo(before, Math.min(Math.max(at, midnight), midnight + DAY_MS))
  const sofar = today(known) - today(midnight)
  const more = demand.live === undefined ? 0 : (demand.live - sofar) / (sofar + ALIKE_DAYS)
  const usual = (since: number, until: number) =>
    upTo(before, until) - upTo(before, since) + more * (today(until) - today(since))
  return usual(from, to) + surge(demand, LIVE, usual, from, to, known)
}

type Usual = (from: number, to: number) => number

/** Calls from midnight of the first day to an instant of that day or later. */
function upTo(before: readonly number[], at: number): number {
  const hour = Math.floor(at / HOUR_MS)
  const whole = before[hour % HOURS] ?? 0
  const next = before[(hour % HOURS) + 1] ?? 0
  const day = before[HOURS] ?? 0
  return Math.floor(hour / HOURS) * day + whole + (next - whole) * ((at % HOUR_MS) / HOUR_MS)
}

/** What came within the last hour beyond the usual goes on, and fades. */
function surge(
  { hour, calls, gap, before = NONE }: Demand,
  lanes: readonly Lane[],
  usual: Usual,
  from: number,
  to: number,
  known: number,
): number {
  let [sofar, earlier] = [0, 0]
  for (const lane of lanes) {
    sofar += calls[lane]
    earlier += before[lane]
  }
  const over = (known - hour) / HOUR_MS
  const lastHour = sofar * within(2 - over) + earlier * within(1 - over)
  if (lastHour <= CHANCE * Math.sqrt(BURST)) return 0
  const during = cameDuring(gap, known)
  const expected = usual(known - during, known)
  const more = lastHour - expected
  if (more <= CHANCE * Math.sqrt(expected + BURST)) return 0
  const fading = Math.exp((known - from) / SURGE_MS) - Math.exp((known - to) / SURGE_MS)
  return (more / during) * SURGE_MS * fading
}

/** How long the calls of the last hour took to come (ms): longer, if they had to wait for the end of a gap. */
function cameDuring(gap: Demand['gap'], known: number): number {
  if (gap === undefined) return HOUR_MS
  const since = known - gap.until
  return Math.max(HOUR_MS, Math.min(since, HOUR_MS) + gap.ms * within(2 - since / HOUR_MS))
}

const within = (share: number) => Math.min(1, Math.max(0, share))

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
