const QUARTER_HOUR_MS = 15 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000

/** Start of the quarter hour (:00, :15, :30, :45 UTC) of an instant. Epoch ms. */
export function quarterHourStart(epochMs: number): number {
  return Math.floor(epochMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS
}

/** Start of the UTC day of an instant. Epoch ms. */
export function dayStart(epochMs: number): number {
  return Math.floor(epochMs / DAY_MS) * DAY_MS
}

/** Seconds until the next quarter hour, at least 1. */
export function secondsToNextQuarterHour(epochMs: number): number {
  return Math.max(1, Math.ceil((quarterHourStart(epochMs) + QUARTER_HOUR_MS - epochMs) / 1000))
}

/** Seconds until the next UTC midnight, at least 1. */
export function secondsToNextDay(epochMs: number): number {
  return Math.max(1, Math.ceil((dayStart(epochMs) + DAY_MS - epochMs) / 1000))
}
