import type { WindowRecord } from '../calls/schemas.ts'
import type { Clock } from '../options.ts'
import type { RateNumbers } from './schemas.ts'
import { dayStart, quarterHourStart } from './windows.ts'

/** A read counts in both counters, any other call in the overall one only (Strava API docs, rate limits). */
export type Counting = 'read' | 'write'

/** The window whose limit a call exceeded. */
export type Verdict = 'within' | 'over-15-minutes' | 'over-day'

/** Strava's two limits in two windows, for the whole application. */
export interface RateLimiter {
  /**
   * Counts a call and says whether it may pass. One over the limit is counted as well:
   * such calls go on using up the day (Strava API docs, rate limits).
   */
  count(counting: Counting): Verdict
  limits(): RateNumbers
  setLimits(limits: RateNumbers): void
  /** Usage in the current windows. */
  usage(): RateNumbers
  setUsage(usage: RateNumbers): void
  /** The highest usage since the last `resetRecords`. */
  maxima(): RateNumbers
  /** Every quarter hour with a call since then. */
  windows(): WindowRecord[]
  resetRecords(): void
  /** Resets usage to 0, and the initial limits. */
  reset(): void
}

/** Limits of a new application (Strava API docs, rate limits). */
const DEFAULT_LIMITS: RateNumbers = {
  read: { fifteenMinutes: 100, day: 1000 },
  overall: { fifteenMinutes: 200, day: 2000 },
}

function zero(): RateNumbers {
  return { read: { fifteenMinutes: 0, day: 0 }, overall: { fifteenMinutes: 0, day: 0 } }
}

function combine(left: RateNumbers, right: RateNumbers, pick: (a: number, b: number) => number): RateNumbers {
  const pair = (counter: 'read' | 'overall') => ({
    fifteenMinutes: pick(left[counter].fifteenMinutes, right[counter].fifteenMinutes),
    day: pick(left[counter].day, right[counter].day),
  })
  return { read: pair('read'), overall: pair('overall') }
}

function judge(usage: RateNumbers, limits: RateNumbers, counting: Counting): Verdict {
  const counters = counting === 'read' ? (['read', 'overall'] as const) : (['overall'] as const)
  if (counters.some((counter) => usage[counter].day > limits[counter].day)) return 'over-day'
  const isOver = counters.some((counter) => usage[counter].fifteenMinutes > limits[counter].fifteenMinutes)
  return isOver ? 'over-15-minutes' : 'within'
}

/** Creates a limiter without usage. Windows change when the clock passes their boundary. */
export function createRateLimiter(clock: Clock, firstLimits: RateNumbers = DEFAULT_LIMITS): RateLimiter {
  let limits = firstLimits
  let usage = zero()
  let maxima = zero()
  let quarterHour = quarterHourStart(clock.now())
  let day = dayStart(clock.now())
  let records = new Map<number, WindowRecord>()

  function turn(): void {
    const now = clock.now()
    if (quarterHourStart(now) !== quarterHour) {
      quarterHour = quarterHourStart(now)
      usage.read.fifteenMinutes = 0
      usage.overall.fifteenMinutes = 0
    }
    if (dayStart(now) !== day) {
      day = dayStart(now)
      usage.read.day = 0
      usage.overall.day = 0
    }
  }

  function note(counting: Counting, verdict: Verdict): void {
    const startsAt = new Date(quarterHour).toISOString()
    const record = records.get(quarterHour) ?? { startsAt, read: 0, overall: 0, rateLimited: 0 }
    record.overall += 1
    if (counting === 'read') record.read += 1
    if (verdict !== 'within') record.rateLimited += 1
    records.set(quarterHour, record)
    maxima = combine(maxima, usage, Math.max)
  }

  return {
    count(counting) {
      turn()
      for (const counter of counting === 'read' ? (['read', 'overall'] as const) : (['overall'] as const)) {
        usage[counter].fifteenMinutes += 1
        usage[counter].day += 1
      }
      const verdict = judge(usage, limits, counting)
      note(counting, verdict)
      return verdict
    },
    limits: () => limits,
    setLimits(next) {
      limits = next
    },
    usage() {
      turn()
      return structuredClone(usage)
    },
    setUsage(next) {
      turn()
      usage = structuredClone(next)
    },
    maxima: () => structuredClone(maxima),
    windows: () => [...records.values()],
    resetRecords() {
      records = new Map()
      maxima = zero()
    },
    reset() {
      limits = firstLimits
      usage = zero()
      records = new Map()
      maxima = zero()
    },
  }
}
