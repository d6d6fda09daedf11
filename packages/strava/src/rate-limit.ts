/** Calls allowed and calls counted in one window. */
export interface WindowReading {
  readonly limit: number
  readonly used: number
}

/** One counter over its two windows: 15 minutes (at :00, :15, :30, :45) and the day (from 00:00 UTC). */
export interface CounterReading {
  readonly quarterHour: WindowReading
  readonly day: WindowReading
}

/** The rate-limit headers of one answer. A counter whose headers are not well-formed is absent. */
export interface RateLimitReading {
  readonly overall?: CounterReading
  readonly read?: CounterReading
}

const PAIR = /^\s*(\d{1,9})\s*,\s*(\d{1,9})\s*$/

/**
 * Parses `X-RateLimit-*` and `X-ReadRateLimit-*` (Strava API docs, rate limits). They are absent from 401 and token
 * answers, and a usage of `","` was recorded: neither means 0, so such a counter is left out.
 */
export function parseRateLimit(headers: Pick<Headers, 'get'>): RateLimitReading | undefined {
  const overall = readCounter(headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-usage'))
  const read = readCounter(headers.get('x-readratelimit-limit'), headers.get('x-readratelimit-usage'))
  if (overall === undefined && read === undefined) return undefined
  return { ...(overall && { overall }), ...(read && { read }) }
}

function readCounter(limitHeader: string | null, usageHeader: string | null): CounterReading | undefined {
  const limit = readPair(limitHeader)
  const used = readPair(usageHeader)
  if (limit === undefined || used === undefined) return undefined
  return {
    quarterHour: { limit: limit.quarterHour, used: used.quarterHour },
    day: { limit: limit.day, used: used.day },
  }
}

function readPair(header: string | null): { quarterHour: number; day: number } | undefined {
  const [, quarterHour, day] = PAIR.exec(header ?? '') ?? []
  return quarterHour === undefined || day === undefined
    ? undefined
    : { quarterHour: Number(quarterHour), day: Number(day) }
}
