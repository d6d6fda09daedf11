/** A formatter that is created at its first use: creating one takes far longer than using it. */
function formatter(options: Intl.DateTimeFormatOptions): (date: Date) => string {
  let made: Intl.DateTimeFormat | undefined
  return (date) => {
    made ??= new Intl.DateTimeFormat(undefined, options)
    return made.format(date)
  }
}

const FULL_DATE = formatter({ dateStyle: 'full', timeZone: 'UTC' })
const MEDIUM_DATE = formatter({ dateStyle: 'medium', timeZone: 'UTC' })
const LONG_MONTH = formatter({ month: 'long', timeZone: 'UTC' })
const SHORT_MONTH = formatter({ month: 'short', timeZone: 'UTC' })
const SHORT_TIME = formatter({ timeStyle: 'short', timeZone: 'UTC' })

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Local time of the activity: `start_time` has the offset of its zone. */
const wallClock = (startTime: string) => new Date(`${startTime.slice(0, 19)}Z`)

/** `2026-03-04`: the day in the activity's own zone. */
export const dayOf = (startTime: string) => startTime.slice(0, 10)

/** Offset of the zone furthest ahead of UTC. */
const FURTHEST_AHEAD_MS = 14 * 3_600_000

/** The current year in the zone furthest ahead. */
export const latestYear = (now: number) => new Date(now + FURTHEST_AHEAD_MS).getUTCFullYear()

/** `Wednesday, 4 March 2026`, in the reader's language. */
export const longDate = (startTime: string) => FULL_DATE(wallClock(startTime))

/** `4 Mar 2026` from `2026-03-04`, in the reader's language. */
export const dayName = (date: string) => MEDIUM_DATE(new Date(`${date}T12:00:00Z`))

/** The name of a month in the reader's language. */
export const monthName = (year: number, month: number, style: 'long' | 'short') =>
  (style === 'long' ? LONG_MONTH : SHORT_MONTH)(new Date(Date.UTC(year, month - 1, 15)))

export const timeOfDay = (startTime: string) => SHORT_TIME(wallClock(startTime))

/** How long ago, in words: `yesterday`, `3 years ago`; from the activity's local day to the reader's. */
export function timeSince(startTime: string, now: number): string {
  const today = new Date(now)
  const midnight = Date.UTC(today.getFullYear(), today.getMonth(), today.getDate())
  const days = Math.round((midnight - Date.parse(`${dayOf(startTime)}T00:00:00Z`)) / DAY_MS)
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
  if (days < 14) return words.format(-Math.max(0, days), 'day')
  if (days < 60) return words.format(-Math.floor(days / 7), 'week')
  if (days < 730) return words.format(-Math.floor(days / 30.44), 'month')
  return words.format(-Math.floor(days / 365.25), 'year')
}

/** A future instant: its time, with the day unless it is today. */
export function instantText(instant: string, now: number): string {
  const at = new Date(instant)
  if (at.toDateString() === new Date(now).toDateString())
    return at.toLocaleTimeString(undefined, { timeStyle: 'short' })
  return at.toLocaleString(undefined, { weekday: 'long', hour: 'numeric', minute: '2-digit' })
}

/** Time until an instant, in words: `in about 12 minutes`. */
export function timeUntil(instant: string, now: number): string {
  const minutes = (Date.parse(instant) - now) / MINUTE_MS
  if (minutes < 1) return 'in less than a minute'
  if (minutes < 90) return `in about ${count(Math.ceil(minutes), 'minute')}`
  if (minutes < 36 * 60) return `in about ${count(Math.round(minutes / 60), 'hour')}`
  return `in about ${count(Math.round(minutes / 1_440), 'day')}`
}

/** `1 activity`, `1,200 activities`. */
export function count(many: number, what: string): string {
  const plural = what.endsWith('y') ? `${what.slice(0, -1)}ies` : `${what}s`
  return `${many.toLocaleString()} ${many === 1 ? what : plural}`
}
