const formatters = new Map<string, Intl.DateTimeFormat>()
const monthOffsets = new Map<string, number | null>()
const timeZoneTexts = new Map<string, string>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  const formatter = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  formatters.set(timeZone, formatter)
  return formatter
}

function askOffsetSeconds(timeZone: string, epochSeconds: number): number {
  const text = formatterOf(timeZone).format(epochSeconds * 1000)
  const match = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text)
  if (match === null) return 0
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match
  const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -magnitude : magnitude
}

/** The offset that a zone keeps through a whole month; null if it changes in it. */
function monthOffsetSeconds(timeZone: string, epochSeconds: number): number | null {
  const date = new Date(epochSeconds * 1000)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const key = `${timeZone} ${year} ${month}`
  const known = monthOffsets.get(key)
  if (known !== undefined) return known
  const first = askOffsetSeconds(timeZone, Date.UTC(year, month, 1) / 1000)
  const last = askOffsetSeconds(timeZone, Date.UTC(year, month + 1, 1) / 1000)
  const offset = first === last ? first : null
  monthOffsets.set(key, offset)
  return offset
}

/** Seconds east of UTC that the zone keeps at that moment. */
export function utcOffsetSeconds(timeZone: string, epochSeconds: number): number {
  return monthOffsetSeconds(timeZone, epochSeconds) ?? askOffsetSeconds(timeZone, epochSeconds)
}

function makeTimeZoneText(timeZone: string): string {
  const january = utcOffsetSeconds(timeZone, Date.UTC(2025, 0, 1) / 1000)
  const july = utcOffsetSeconds(timeZone, Date.UTC(2025, 6, 1) / 1000)
  const standard = Math.min(january, july)
  const minutes = Math.round(Math.abs(standard) / 60)
  const pad = (part: number) => String(part).padStart(2, '0')
  return `(GMT${standard < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}) ${timeZone}`
}

/**
 * The `timezone` text: `(GMT+01:00) Europe/Copenhagen`.
 * Its prefix knows no daylight saving (recorded responses).
 */
export function timeZoneText(timeZone: string): string {
  const known = timeZoneTexts.get(timeZone)
  if (known !== undefined) return known
  const text = makeTimeZoneText(timeZone)
  timeZoneTexts.set(timeZone, text)
  return text
}
