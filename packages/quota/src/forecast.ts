import type { Lane } from '@ikigai/contracts'
import { type Demand, NONE } from './demand.ts'
import { isHeldOvernight, wasHeld } from './held.ts'
import { isCatchingUp, isPast, SIGN_UP } from './spell.ts'
import { usualCalls, usualLive } from './usual.ts'
import { DAY_MS, HOUR_MS } from './windows.ts'

/**
 * What is more than usual fades to 1/e within this: as waves do, for whoever asks how long he will wait. Less is kept back
 * for it: most of what is kept and not needed comes to histories too late.
 */
const SURGE_MS = { estimate: 2 * HOUR_MS, keep: HOUR_MS }

type Purpose = keyof typeof SURGE_MS

/** Within so many standard deviations of calls that come in bursts, being busier means nothing. */
const CHANCE = 2
/** Calls that come at once: a sign-up and its newest. */
const BURST = 6

/** A spell says nothing of a shorter time than this (ms): what came at once had waited. */
const SHORTEST_SPELL_MS = 300_000

/** How alike the days are, likewise: a weekend brings about a third more new activities, a Friday a quarter less. */
const ALIKE_DAYS = 16

/** Its calls tell how busy the day is. */
const LIVE: readonly Lane[] = ['webhook']
const REFRESH: readonly Lane[] = ['resync']

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
  const usual: Usual = (since, until) => usualCalls(demand.seen, lanes, dayLimit, since, until)
  return usual(from, to) + fading('keep', moreNow('keep', demand, lanes, usual, known), from, to, known)
}

/**
 * As {@link expectedCalls}, of the lane `webhook`, and until midnight as many more or fewer than usual as there were on this
 * day so far: weekends bring more. Nothing is kept back for that, or rows would be listed again too late.
 */
export function expectedLive(
  demand: Demand,
  from: number,
  to: number,
  dayLimit: number,
  known: number,
): number {
  const midnight = demand.hour - (demand.hour % DAY_MS)
  const onThisDay = (at: number) => Math.min(Math.max(at, midnight), midnight + DAY_MS)
  const any: Usual = (since, until) => usualLive(demand.seen, dayLimit, since, until)
  const more = moreToday(demand, any(demand.hour, onThisDay(known)))
  const usual: Usual = (since, until) => any(since, until) + more * any(onThisDay(since), onThisDay(until))
  return (
    usual(from, to) + fading('estimate', moreNow('estimate', demand, LIVE, usual, known), from, to, known)
  )
}

/** By which share more new activities came on this day than usual, so far. `lately`: as many as usual in the present hour. */
function moreToday(demand: Demand, lately: number): number {
  const { webhook, webhookUsual, hour } = demand
  if (webhook === undefined || webhookUsual === undefined || isHeldOvernight(demand.held, hour)) return 0
  const usual = webhookUsual + lately
  return (webhook - usual) / (usual + ALIKE_DAYS)
}

/**
 * As {@link expectedCalls}, of the lane `signup`: a wave shows within minutes, by the time since it began. Nothing is
 * kept back for that, as no lane goes before it.
 */
export function expectedSignUps(
  demand: Demand,
  from: number,
  to: number,
  dayLimit: number,
  known: number,
): number {
  const usual: Usual = (since, until) => usualCalls(demand.seen, SIGN_UP, dayLimit, since, until)
  const more = moreInSpell(demand, usual, known) ?? moreNow('estimate', demand, SIGN_UP, usual, known)
  if (more > 0) return usual(from, to) + fading('estimate', more, from, to, known)
  return usual(from, to) * fewerLately(demand, usual, known)
}

/** Calls of the lane `resync` that come to wait: as many as are made, and spread over the day. */
export const expectedRefresh = ({ seen }: Demand, from: number, to: number, dayLimit: number): number =>
  (usualCalls(seen, REFRESH, dayLimit, 0, DAY_MS) / DAY_MS) * (to - from)

/** Between waves there are fewer sign-ups than the average, which has the waves in it: 1, or the share that came of late. */
function fewerLately({ hour, calls, gap, before, held }: Demand, usual: Usual, known: number): number {
  const since = before === undefined ? hour : hour - HOUR_MS
  if (Math.max(gap?.until ?? 0, held?.signup?.until ?? 0) >= since - HOUR_MS) return 1
  const came = calls.signup + (before?.signup ?? 0)
  return Math.min(1, (came + CHANCE ** 2) / (usual(since, known) + CHANCE ** 2))
}

type Usual = (from: number, to: number) => number

/** What more comes in a stretch of time, if so much more comes now (in a ms): it fades. */
function fading(purpose: Purpose, moreNow: number, from: number, to: number, known: number): number {
  const within = SURGE_MS[purpose]
  return moreNow * within * (Math.exp((known - from) / within) - Math.exp((known - to) / within))
}

/** What came within the last hour beyond the usual, for each ms of it; 0 where that may be chance. */
function moreNow(
  purpose: Purpose,
  { hour, calls, gap, held, before = NONE }: Demand,
  lanes: readonly Lane[],
  usual: Usual,
  known: number,
): number {
  const sinceGap = gap !== undefined && known - gap.until < 2 * HOUR_MS
  let [sofar, earlier] = [0, 0]
  for (const lane of lanes) {
    // What a lane calls after it was held back had waited, and is no surge; for the end of a gap that is reckoned below.
    if (purpose === 'estimate' && !sinceGap && wasHeld(held, lane, known - HOUR_MS)) continue
    sofar += calls[lane]
    earlier += before[lane]
  }
  const over = (known - hour) / HOUR_MS
  const lastHour = sofar * within(2 - over) + earlier * within(1 - over)
  if (lastHour <= CHANCE * Math.sqrt(BURST)) return 0
  const during = cameDuring(gap, known)
  const expected = usual(known - during, known)
  if (isChance(lastHour, expected)) return 0
  const faded = purpose === 'estimate' ? fadedAfter(during) : Math.exp((HOUR_MS - during) / SURGE_MS.keep)
  return ((lastHour - expected) / during) * faded
}

/** What is left at the end of a surge's first `during` (ms) of what came in them on average. */
const fadedAfter = (during: number) => during / SURGE_MS.estimate / Math.expm1(during / SURGE_MS.estimate)

const isChance = (calls: number, expected: number) => calls - expected <= CHANCE * Math.sqrt(expected + BURST)

/** As {@link moreNow}, of sign-ups within a spell that is younger than an hour, unless some waited for the end of a gap. */
function moreInSpell({ spell, gap }: Demand, usual: Usual, known: number): number | undefined {
  if (spell === undefined || isPast(spell, gap, known)) return undefined
  if (gap !== undefined && isCatchingUp(spell, gap)) return undefined
  const during = Math.max(SHORTEST_SPELL_MS, known - spell.since)
  const expected = usual(known - during, known)
  // The first one was there when it began.
  const calls = spell.calls - 1
  return isChance(calls, expected) ? undefined : ((calls - expected) / during) * fadedAfter(during)
}

/** How long the calls of the last hour took to come (ms): longer, if they had to wait for the end of a gap. */
function cameDuring(gap: Demand['gap'], known: number): number {
  if (gap === undefined) return HOUR_MS
  const since = known - gap.until
  return Math.max(HOUR_MS, Math.min(since, HOUR_MS) + gap.ms * within(2 - since / HOUR_MS))
}

const within = (share: number) => Math.min(1, Math.max(0, share))
