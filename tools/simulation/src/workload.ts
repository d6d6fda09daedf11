import { createRandom, type Random } from './random.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** A Monday, so that weekdays and weekends are in the right place. */
export const BEGIN = Date.UTC(2026, 5, 15)

/** Sign-ups, histories, activities and outages: the same for every scheduler. */
export interface Workload {
  readonly days: number
  readonly athletes: readonly Athlete[]
  /** New activities of signed-up athletes, in order of time: epoch ms, index of the athlete. */
  readonly activities: { readonly at: Float64Array; readonly athlete: Uint32Array; readonly count: number }
  /** Starts of the waves of sign-ups: epoch ms. */
  readonly waves: readonly number[]
  /** Outages of Strava: epoch ms. */
  readonly outages: readonly { readonly from: number; readonly to: number }[]
  /** Share of lost webhook events. */
  readonly lostWebhooks: number
}

/** Whether Strava was out at any time between the two. */
export const isOut = ({ outages }: Workload, from: number, to: number): boolean =>
  outages.some((outage) => outage.from < to && from < outage.to)

export interface Athlete {
  readonly signsUpAt: number
  /** Activities on the day of the sign-up. */
  readonly history: number
  readonly perWeek: number
}

export interface WorkloadOptions {
  readonly athletes: number
  readonly days: number
  readonly seed: number
  readonly medianHistory?: number
  readonly medianPerWeek?: number
  readonly outages?: boolean
  /** Share of athletes with a complete history at the start. */
  readonly established?: number
}

/** Spread of the histories (log-normal): the mean is twice the median, and one in a thousand is forty times the median. */
const HISTORY_SIGMA = 1.2
const RATE_SIGMA = 0.7
const MOST_ACTIVITIES = 100_000

/** Generates a workload: waves of sign-ups, heavy-tailed histories, mornings, evenings and weekends. */
export function makeWorkload(options: WorkloadOptions): Workload {
  const { days, seed, medianHistory = 400, medianPerWeek = 3, outages = true, established = 0 } = options
  const random = createRandom(seed)
  const athletes = Array.from({ length: options.athletes }, () => ({
    signsUpAt: random.next() < established ? BEGIN - 1 : signUpTime(random, days),
    history: Math.min(MOST_ACTIVITIES, Math.round(medianHistory * Math.exp(HISTORY_SIGMA * random.normal()))),
    perWeek: medianPerWeek * Math.exp(RATE_SIGMA * random.normal()),
  })).sort((a, b) => a.signsUpAt - b.signsUpAt)
  return {
    days,
    athletes,
    waves: Array.from({ length: WAVES }, (_, wave) => waveBegins(wave, days)),
    activities: newActivities(athletes, days, random),
    outages: outages ? makeOutages(random, days) : [],
    lostWebhooks: 0.02,
  }
}

/** Half of the sign-ups are spread over the first two thirds of the time, half come in waves of two hours (an article, a race, a club). */
function signUpTime(random: Random, days: number): number {
  if (random.next() < 0.5) return BEGIN + Math.floor(random.next() * signUpSpan(days))
  const wave = Math.floor(random.next() * WAVES)
  return Math.floor(waveBegins(wave, days) + random.exponential(2 * HOUR_MS))
}

const WAVES = 4
const signUpSpan = (days: number) => (days * DAY_MS * 2) / 3
const waveBegins = (wave: number, days: number) => BEGIN + (signUpSpan(days) * wave) / WAVES + 9 * HOUR_MS

/** Relative frequency of new activities by hour (UTC): mornings and evenings. */
const BY_HOUR = [1, 1, 1, 2, 5, 10, 14, 13, 9, 8, 8, 7, 7, 6, 6, 8, 12, 14, 12, 8, 5, 3, 2, 1]
const HOURS_TOTAL = BY_HOUR.reduce((sum, share) => sum + share, 0)
/** Relative frequency of new activities by weekday, from Monday. */
const BY_WEEKDAY = [0.8, 0.9, 0.95, 0.9, 0.75, 1.3, 1.4]

function newActivities(athletes: readonly Athlete[], days: number, random: Random): Workload['activities'] {
  const rates = [0]
  for (const { perWeek } of athletes) rates.push((rates.at(-1) ?? 0) + perWeek)
  const at: number[] = []
  const who: number[] = []
  let signedUp = 0
  for (let hour = 0; hour < days * 24; hour++) {
    const from = BEGIN + hour * HOUR_MS
    while ((athletes[signedUp]?.signsUpAt ?? Number.POSITIVE_INFINITY) < from) signedUp++
    const total = rates[signedUp] ?? 0
    const share = ((BY_HOUR[hour % 24] ?? 0) / HOURS_TOTAL) * (BY_WEEKDAY[Math.floor(hour / 24) % 7] ?? 1)
    const times = Array.from({ length: random.poisson((total / 7) * share) }, () =>
      Math.floor(from + random.next() * HOUR_MS),
    )
    for (const time of times.sort((a, b) => a - b)) {
      at.push(time)
      who.push(pick(rates, signedUp, random.next() * total))
    }
  }
  return { at: Float64Array.from(at), athlete: Uint32Array.from(who), count: at.length }
}

/** The athlete in whose share of the cumulative total a number lies. */
function pick(running: readonly number[], count: number, drawn: number): number {
  let [low, high] = [0, count]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((running[middle] ?? 0) <= drawn) low = middle
    else high = middle
  }
  return low
}

/** Outages of about an hour, one in three weeks. */
function makeOutages(random: Random, days: number): Workload['outages'] {
  const count = Math.floor(days / 21) + (days >= 7 ? 1 : 0)
  return Array.from({ length: count }, (_, i) => {
    const from = BEGIN + ((i + 0.3 + 0.4 * random.next()) * days * DAY_MS) / count
    return { from, to: from + 20 * MINUTE_MS + random.exponential(40 * MINUTE_MS) }
  })
}
