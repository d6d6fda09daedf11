/** The two windows of Strava's limits. Fixed, not sliding (Strava API docs, "Rate limits"). */
export type Window = 'quarterHour' | 'day'

/** Both windows. */
export const WINDOWS: readonly Window[] = ['quarterHour', 'day']

/** Length in milliseconds: 15 minutes from :00, :15, :30 and :45; a day from 00:00 UTC. */
export const WINDOW_MS: Record<Window, number> = { quarterHour: 900_000, day: 86_400_000 }

/** Start of the window that an instant (epoch ms) lies in. Both lengths divide the UTC day, so plain arithmetic does. */
export const windowStart = (window: Window, at: number) => at - (at % WINDOW_MS[window])

/** An hour and a day in milliseconds, and the hours of a day. */
export const HOUR_MS = 3_600_000
export const HOURS = 24
export const DAY_MS = HOURS * HOUR_MS

/** Names of the windows in the API and in metrics. */
export const WINDOW_NAMES = { quarterHour: '15min', day: 'day' } as const satisfies Record<Window, string>
