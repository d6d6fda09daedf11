import type { Activity } from '@ikigai/contracts'
import { dayOf } from './dates.ts'

/** Fields of an activity in a year's list. */
export const LISTED_FIELDS = [
  'id',
  'name',
  'sport_type',
  'start_time',
  'distance_meters',
  'moving_time_seconds',
] as const

/** An activity in a list, without its route. */
export type ListedActivity = Pick<Activity, (typeof LISTED_FIELDS)[number]>

/** Activities of one day and their totals. */
export interface Day {
  /** `2026-03-04`, in the zones of the activities. */
  readonly date: string
  readonly activities: readonly ListedActivity[]
  readonly movingSeconds: number
  readonly distanceMeters: number
  /** 1 to 4: rank of the moving time among the days of the year. */
  readonly level: number
}

/** A day's position in the sheet of its month; weeks start on Monday. */
export interface Cell {
  readonly date: string
  readonly column: number
  readonly row: number
}

/** One month of a year. */
export interface Month {
  /** 1 to 12 */
  readonly number: number
  readonly cells: readonly Cell[]
}

const LEVELS = 4

/** The days with activities, by date. */
export function daysOf(activities: readonly ListedActivity[]): ReadonlyMap<string, Day> {
  const byDate = new Map<string, ListedActivity[]>()
  for (const activity of activities) {
    const date = dayOf(activity.start_time)
    const list = byDate.get(date)
    if (list === undefined) byDate.set(date, [activity])
    else list.push(activity)
  }
  const days = [...byDate].map(([date, list]) => ({
    date,
    activities: list,
    movingSeconds: sum(list, ({ moving_time_seconds }) => moving_time_seconds),
    distanceMeters: sum(list, ({ distance_meters }) => distance_meters),
  }))
  const ranked = days.map(({ movingSeconds }) => movingSeconds).sort((a, b) => a - b)
  const levelOf = (seconds: number) =>
    Math.min(LEVELS, 1 + Math.floor((LEVELS * ranked.findIndex((other) => other >= seconds)) / ranked.length))
  return new Map(days.map((day) => [day.date, { ...day, level: levelOf(day.movingSeconds) }]))
}

/** The months of a year with the positions of their days. */
export function monthsOf(year: number): Month[] {
  return Array.from({ length: 12 }, (_, month) => {
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    const firstColumn = (new Date(Date.UTC(year, month, 1)).getUTCDay() + 6) % 7
    const cells = Array.from({ length }, (_, day) => ({
      date: new Date(Date.UTC(year, month, day + 1)).toISOString().slice(0, 10),
      column: (firstColumn + day) % 7,
      row: Math.floor((firstColumn + day) / 7),
    }))
    return { number: month + 1, cells }
  })
}

export const sum = <T>(list: readonly T[], amount: (item: T) => number) =>
  list.reduce((total, item) => total + amount(item), 0)
