import type { RateNumbers, WindowPair } from './schemas.ts'

function pair(numbers: WindowPair): string {
  return `${numbers.fifteenMinutes},${numbers.day}`
}

/** The four limit headers, named as on the wire: `<15 minutes>,<day>` (recorded responses). */
export function limitHeaders(limits: RateNumbers, usage: RateNumbers): Record<string, string> {
  return {
    'x-ratelimit-limit': pair(limits.overall),
    'x-ratelimit-usage': pair(usage.overall),
    'x-readratelimit-limit': pair(limits.read),
    'x-readratelimit-usage': pair(usage.read),
  }
}

/** Strava's header is broken after a call that is not a read (recorded 2025). */
export const BROKEN_READ_USAGE = ','
