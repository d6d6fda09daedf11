import { metersPerUnit, type UnitSystem } from './units.ts'

/** One stretch of an activity. */
export interface Stretch {
  readonly distanceMeters: number
  readonly metersPerSecond: number
  /** Elevation difference; null if unknown. */
  readonly climbMeters: number | null
}

/** Splits or laps of an activity. */
export interface Profile {
  readonly kind: 'splits' | 'laps'
  readonly stretches: readonly Stretch[]
}

/** Minimum stretches of a {@link Profile}. */
const MIN_STRETCHES = 3

/**
 * The splits of a kilometer or a mile, or the laps, of Strava's DetailedActivity. Undefined if there are too few.
 */
export function profileOf(detail: unknown, units: UnitSystem): Profile | undefined {
  if (!isObject(detail)) return undefined
  const splits = stretchesIn(detail[units === 'metric' ? 'splits_metric' : 'splits_standard'])
  // The last split is often only a few meters long, and its pace meaningless.
  const whole = splits.filter(({ distanceMeters }) => distanceMeters >= metersPerUnit(units) * 0.5)
  if (whole.length >= MIN_STRETCHES) return { kind: 'splits', stretches: whole }
  const laps = stretchesIn(detail['laps'])
  return laps.length >= MIN_STRETCHES ? { kind: 'laps', stretches: laps } : undefined
}

/** The recording device, if known. */
export function deviceOf(detail: unknown): string | undefined {
  const name = isObject(detail) ? detail['device_name'] : undefined
  return typeof name === 'string' && name !== '' ? name : undefined
}

function stretchesIn(list: unknown): Stretch[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown) => {
    if (!isObject(entry)) return []
    const { distance, moving_time: seconds, average_speed: given, elevation_difference: climb } = entry
    if (typeof distance !== 'number' || typeof seconds !== 'number' || seconds <= 0) return []
    const metersPerSecond = typeof given === 'number' && given > 0 ? given : distance / seconds
    if (!(metersPerSecond > 0)) return []
    const climbMeters = typeof climb === 'number' ? climb : null
    return [{ distanceMeters: distance, metersPerSecond, climbMeters }]
  })
}

/** Heights (m) relative to the start, at the start and after each stretch; undefined if one of them is unknown. */
export function heightsOf(stretches: readonly Stretch[]): number[] | undefined {
  const heights = [0]
  for (const { climbMeters } of stretches) {
    if (climbMeters === null) return undefined
    heights.push((heights.at(-1) ?? 0) + climbMeters)
  }
  return Math.max(...heights) - Math.min(...heights) < 1 ? undefined : heights
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
