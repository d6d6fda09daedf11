import { DAY_MS, HOUR_MS, HOURS } from '@ikigai/quota'
import { type ArrivalHistory, HISTORY_MS } from './arrivals.ts'

const WEEK_HOURS = 7 * HOURS

/** Age (ms) at which an hour has half its weight, so that the baseline follows a growing application. */
const HALF_LIFE_MS = 7 * DAY_MS

/** Weight of the prior, in observed hours. */
const PRIOR_WEIGHT_HOURS = 6
/** Shrinkage of an hour's mean towards the mean of all hours, in arrivals, because few arrivals say little about one hour. */
const SHRINKAGE_ARRIVALS = 3
const MAX_SHRINKAGE_DAYS = 7

/**
 * Cap of an hour's count: this many times the median of all hours, or of the same hour on other days, or {@link MIN_CAP}.
 * Surges are not part of the baseline.
 */
const CAP_OVER_MEDIAN = 4
const MIN_CAP = 6

/** Shrinkage of a weekday's factor towards 1: in arrivals, and in average days. */
const WEEKDAY_PRIOR = { arrivals: 16, days: 0.5 }

/** Expected arrivals by hour and weekday (UTC), without surges. */
export interface SeasonalBaseline {
  /** Expected arrivals between two instants: epoch ms. */
  between(from: number, to: number): number
}

/**
 * Computes the baseline from past hours.
 * @param prior arrivals per hour of a new application
 * @param now epoch ms
 */
export function seasonalBaseline(history: ArrivalHistory, prior: number, now: number): SeasonalBaseline {
  const hours = observedHours(history, now)
  const hourly = hourlyMeans(hours, prior)
  const factors = weekdayFactors(hours, hourly)
  const cumulative = [0]
  for (let i = 0; i < WEEK_HOURS; i++) {
    // 1 January 1970 was a Thursday; only the length of the week matters here.
    const rate = (hourly[i % HOURS] ?? 0) * (factors[Math.floor(i / HOURS)] ?? 1)
    cumulative.push((cumulative[i] ?? 0) + rate)
  }
  const until = (at: number) => {
    const hour = Math.floor(at / HOUR_MS)
    const whole = cumulative[hour % WEEK_HOURS] ?? 0
    const next = cumulative[(hour % WEEK_HOURS) + 1] ?? 0
    const week = cumulative[WEEK_HOURS] ?? 0
    return Math.floor(hour / WEEK_HOURS) * week + whole + (next - whole) * ((at % HOUR_MS) / HOUR_MS)
  }
  return { between: (from, to) => until(to) - until(from) }
}

interface ObservedHour {
  readonly hour: number
  readonly weekday: number
  readonly count: number
  readonly weight: number
}

function observedHours(history: ArrivalHistory, now: number): ObservedHour[] {
  const end = now - (now % HOUR_MS)
  const hours: { at: number; count: number }[] = []
  for (let at = Math.max(history.since, end - HISTORY_MS); at < end; at += HOUR_MS)
    hours.push({ at, count: history.inHour(at) })
  const overall = median(hours.map(({ count }) => count))
  const caps = Array.from({ length: HOURS }, (_, hour) => {
    const ofHour = hours.filter(({ at }) => hourOfDay(at) === hour).map(({ count }) => count)
    return Math.max(MIN_CAP, CAP_OVER_MEDIAN * Math.max(overall, median(ofHour)))
  })
  return hours.map(({ at, count }) => ({
    hour: hourOfDay(at),
    weekday: Math.floor(at / DAY_MS) % 7,
    count: Math.min(count, caps[hourOfDay(at)] ?? count),
    weight: 0.5 ** ((end - at) / HALF_LIFE_MS),
  }))
}

const hourOfDay = (at: number) => Math.floor(at / HOUR_MS) % HOURS

/** The lower median; 0 if empty. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0
}

/** Weighted means by hour of the day, shrunk towards the mean of all hours, which is shrunk towards the prior. */
function hourlyMeans(hours: readonly ObservedHour[], prior: number): number[] {
  const [sums, weights] = [Array.from({ length: HOURS }, () => 0), Array.from({ length: HOURS }, () => 0)]
  for (const { hour, count, weight } of hours) {
    sums[hour] = (sums[hour] ?? 0) + count * weight
    weights[hour] = (weights[hour] ?? 0) + weight
  }
  const add = (a: number, b: number) => a + b
  const overall =
    (sums.reduce(add, 0) + prior * PRIOR_WEIGHT_HOURS) / (weights.reduce(add, 0) + PRIOR_WEIGHT_HOURS)
  const shrinkage =
    overall > 0 ? Math.min(MAX_SHRINKAGE_DAYS, SHRINKAGE_ARRIVALS / overall) : MAX_SHRINKAGE_DAYS
  return sums.map((sum, hour) => (sum + overall * shrinkage) / ((weights[hour] ?? 0) + shrinkage))
}

/** Factor of each day of the week (from Thursday) relative to the hourly means. */
function weekdayFactors(hours: readonly ObservedHour[], hourly: readonly number[]): number[] {
  const day = hourly.reduce((sum, rate) => sum + rate, 0)
  const prior = WEEKDAY_PRIOR.arrivals + WEEKDAY_PRIOR.days * day
  return Array.from({ length: 7 }, (_, weekday) => {
    let [came, expected] = [0, 0]
    for (const each of hours) {
      if (each.weekday !== weekday) continue
      came += each.count * each.weight
      expected += (hourly[each.hour] ?? 0) * each.weight
    }
    return (came + prior) / (expected + prior)
  })
}
