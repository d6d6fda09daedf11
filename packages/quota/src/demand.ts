import { LANES, type Lane } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { HeldSchema, isHeldOvernight, letGo, wasHeld } from './held.ts'
import { SpellSchema, signUpWaits, spellWith } from './spell.ts'
import { MEMORY_DAYS } from './usual.ts'
import { DAY_MS, HOUR_MS, HOURS } from './windows.ts'

/** What is left of the busiest day after a day. */
const PEAK_KEPT = 0.85

const perLane = Type.Object({
  signup: Type.Integer(),
  newest: Type.Integer(),
  webhook: Type.Integer(),
  backfill: Type.Integer(),
  resync: Type.Integer(),
  enrich: Type.Integer(),
})

const hours = Type.Array(Type.Number())
const hoursPerLane = Type.Object({
  signup: hours,
  newest: hours,
  webhook: hours,
  backfill: hours,
  resync: hours,
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
  /** When a lane was last refused for longer than a quarter of an hour: what it called then says less than what came. */
  held: Type.Optional(HeldSchema),
  /** Calls for new activities on this day (UTC); absent until the first midnight. */
  webhook: Type.Optional(Type.Integer()),
  /** As many as usual in the hours of this day that are over, by the days before it. */
  webhookUsual: Type.Optional(Type.Number()),
  /** Sign-ups since they began to come faster than usual, or the last one. */
  spell: Type.Optional(SpellSchema),
  /** Calls of the urgent lanes on this day (UTC), and on the busiest of late: that fades. */
  urgent: Type.Object({ today: Type.Integer(), peak: Type.Number() }),
  seen: Type.Object({
    /** Days that each hour of the day (UTC) was seen on, {@link MEMORY_DAYS} at most. */
    days: hours,
    /** Calls in that hour, on a fading average. */
    average: hoursPerLane,
    /** Likewise, new activities that came in it: without hours in which their lane was held back. */
    webhook: Type.Optional(hours),
  }),
})

/** The lanes that somebody waits for, and whose calls nobody can put off. */
export const URGENT: readonly Lane[] = ['signup', 'newest', 'webhook']

/** The calls that each lane has made, by hour of the day: what the forecast is made from. */
export type Demand = Static<typeof DemandSchema>

/** No calls. */
export const NONE: Demand['calls'] = { signup: 0, newest: 0, webhook: 0, backfill: 0, resync: 0, enrich: 0 }
const zeros = () => Array.from({ length: HOURS }, () => 0)

/** Nothing seen yet. `now` is epoch ms. */
export function noDemand(now: number): Demand {
  const average = {
    signup: zeros(),
    newest: zeros(),
    webhook: zeros(),
    backfill: zeros(),
    resync: zeros(),
    enrich: zeros(),
  }
  return {
    hour: now - (now % HOUR_MS),
    calls: NONE,
    urgent: { today: 0, peak: 0 },
    seen: { days: zeros(), average },
  }
}

/** Counts one call of a lane. `now` is epoch ms; `dayLimit` for the guess at what was never seen. */
export const countDemand = (demand: Demand, lane: Lane, now: number, dayLimit: number): Demand => ({
  ...demand,
  calls: { ...demand.calls, [lane]: demand.calls[lane] + 1 },
  ...(lane === 'webhook' && liveToo(demand, 1)),
  ...(lane === 'signup' && { spell: spellWith(demand, now, dayLimit) }),
  ...(demand.held !== undefined && { held: letGo(demand.held, lane, now) }),
  urgent: URGENT.includes(lane) ? { ...demand.urgent, today: demand.urgent.today + 1 } : demand.urgent,
})

/** Takes back one call of a lane that was counted at `at` (epoch ms) and never made. */
export function uncountDemand(demand: Demand, lane: Lane, at: number): Demand {
  const { calls, urgent, spell } = demand
  if (at < demand.hour || calls[lane] === 0) return demand
  return {
    ...demand,
    calls: { ...calls, [lane]: calls[lane] - 1 },
    ...(lane === 'webhook' && liveToo(demand, -1)),
    ...(lane === 'signup' &&
      spell !== undefined && { spell: { ...spell, calls: Math.max(1, spell.calls - 1) } }),
    urgent: URGENT.includes(lane) ? { ...urgent, today: Math.max(0, urgent.today - 1) } : urgent,
  }
}

/** Notes that a lane is refused until then (epoch ms). */
export const noteRefusal = (demand: Demand, lane: Lane, until: number): Demand =>
  lane === 'signup' && demand.spell !== undefined
    ? { ...demand, spell: signUpWaits(demand.spell, until) }
    : demand

/** Counts calls of some lanes: parts of one where they are expected ones. */
export function countCalls(demand: Demand, more: Partial<Record<Lane, number>>): Demand {
  const calls = { ...demand.calls }
  for (const lane of LANES) calls[lane] += more[lane] ?? 0
  const urgent = URGENT.reduce((sum, lane) => sum + (more[lane] ?? 0), 0)
  return { ...demand, calls, urgent: { ...demand.urgent, today: demand.urgent.today + urgent } }
}

/**
 * The demand, with jobs that wait. Sign-ups count as if they had been called: they show a wave. New activities may have
 * waited for hours, where the day's limit is spent: they count for the day alone.
 */
export function withQueued(
  demand: Demand,
  { signup, webhook }: { readonly signup: number; readonly webhook: number },
): Demand {
  const { calls, spell } = demand
  return {
    ...demand,
    calls: { ...calls, signup: calls.signup + signup },
    ...liveToo(demand, webhook),
    ...(spell !== undefined && { spell: { ...spell, calls: spell.calls + signup } }),
  }
}

const liveToo = ({ webhook }: Demand, more: number) => webhook !== undefined && { webhook: webhook + more }

/** Takes the hours that are over into the averages; hours without a call count as such. `now` is epoch ms. */
export function rollDemand(demand: Demand, now: number): Demand {
  const over = Math.floor((now - demand.hour) / HOUR_MS)
  if (over < 1) return demand
  const days = [...demand.seen.days]
  const average = { ...demand.seen.average }
  for (const lane of LANES) average[lane] = [...average[lane]]
  const webhook = [...(demand.seen.webhook ?? demand.seen.average.webhook)]
  let today: Pick<Demand, 'webhook' | 'webhookUsual'> = demand
  for (let i = 0; i < Math.min(over, HOURS * MEMORY_DAYS); i++) {
    const start = demand.hour + i * HOUR_MS
    const hour = hourOfDay(start)
    const isFirst = (days[hour] ?? 0) === 0
    today = liveAfter(today, start, webhook[hour] ?? 0, isHeldOvernight(demand.held, start))
    const seen = Math.min(MEMORY_DAYS, (days[hour] ?? 0) + 1)
    days[hour] = seen
    for (const lane of LANES) {
      const calls = i === 0 ? demand.calls[lane] : 0
      average[lane][hour] = withHour(average[lane][hour], calls, seen)
      if (lane === 'webhook' && (isFirst || !wasHeld(demand.held, lane, start)))
        webhook[hour] = withHour(webhook[hour], calls, seen)
    }
  }
  const hour = demand.hour + over * HOUR_MS
  const before = over === 1 ? demand.calls : NONE
  return {
    ...demand,
    hour,
    calls: NONE,
    before,
    ...today,
    urgent: rollUrgent(demand, hour),
    seen: { days, average, webhook },
  }
}

const withHour = (average = 0, calls: number, days: number) => rounded(average + (calls - average) / days)

/**
 * The day's new activities after an hour is over: each day begins at midnight with none, and with none after its first hour
 * if those of the day before had waited for it. `usual`: calls in that hour, on average.
 */
function liveAfter(
  { webhook, webhookUsual }: Pick<Demand, 'webhook' | 'webhookUsual'>,
  start: number,
  usual: number,
  heldOvernight: boolean,
): Pick<Demand, 'webhook' | 'webhookUsual'> {
  const isMidnight = (at: number) => at % DAY_MS === 0
  if (isMidnight(start + HOUR_MS) || (isMidnight(start) && heldOvernight))
    return { webhook: 0, webhookUsual: 0 }
  if (webhook === undefined || webhookUsual === undefined) return {}
  return { webhook, webhookUsual: rounded(webhookUsual + usual) }
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
