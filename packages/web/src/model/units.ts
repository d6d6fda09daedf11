/** The units that an athlete reads. */
export type UnitSystem = 'metric' | 'imperial'

const METERS_PER_MILE = 1609.344
const METERS_PER_FOOT = 0.3048
const METERS_PER_YARD = 0.9144
/** Countries whose roads are signed in miles. */
const MILE_REGIONS = ['US', 'GB', 'LR', 'MM']

/** Default units for a browser language (BCP 47). */
export function guessUnits(language: string): UnitSystem {
  try {
    const { region } = new Intl.Locale(language).maximize()
    return MILE_REGIONS.includes(region ?? '') ? 'imperial' : 'metric'
  } catch {
    return 'metric'
  }
}

/** Meters of a kilometer or a mile. */
export const metersPerUnit = (units: UnitSystem) => (units === 'metric' ? 1_000 : METERS_PER_MILE)

/** `km` or `mi`. */
export const distanceUnit = (units: UnitSystem) => (units === 'metric' ? 'km' : 'mi')

/** A formatted number and its unit, separate so that they can be styled differently. */
export interface Quantity {
  readonly value: string
  readonly unit: string
}

/** Number and unit as one text. */
export const quantityText = ({ value, unit }: Quantity) => (unit === '' ? value : `${value}\u00a0${unit}`)

/** Cache by number of decimals: creating a formatter takes far longer than using it. */
const formatters = new Map<number, Intl.NumberFormat>()

function decimals(value: number, digits: number): string {
  const known = formatters.get(digits)
  const format =
    known ??
    new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  if (known === undefined) formatters.set(digits, format)
  return format.format(value)
}

/** A distance: swims in meters or yards, everything else in kilometers or miles. */
export function distanceOf(meters: number, units: UnitSystem, sport = ''): Quantity {
  if (isSwim(sport) || meters < 1_000) {
    return units === 'metric'
      ? { value: decimals(meters, 0), unit: 'm' }
      : { value: decimals(meters / METERS_PER_YARD, 0), unit: 'yd' }
  }
  const large = meters / metersPerUnit(units)
  return { value: decimals(large, large < 100 ? 1 : 0), unit: distanceUnit(units) }
}

export function climbOf(meters: number, units: UnitSystem): Quantity {
  return units === 'metric'
    ? { value: decimals(meters, 0), unit: 'm' }
    : { value: decimals(meters / METERS_PER_FOOT, 0), unit: 'ft' }
}

/** Pace for sports on foot and in the water, speed for all others. */
export function paceOf(metersPerSecond: number, units: UnitSystem, sport: string): Quantity {
  if (isSwim(sport)) {
    const [meters, unit] = units === 'metric' ? [100, '/100 m'] : [100 * METERS_PER_YARD, '/100 yd']
    return { value: clock(meters / metersPerSecond), unit }
  }
  if (isOnFoot(sport)) {
    return { value: clock(metersPerUnit(units) / metersPerSecond), unit: `/${distanceUnit(units)}` }
  }
  const perHour = (metersPerSecond * 3_600) / metersPerUnit(units)
  return { value: decimals(perHour, 1), unit: units === 'metric' ? 'km/h' : 'mph' }
}

/** Label of {@link paceOf} for the sport. */
export const paceLabel = (sport: string) => (isSwim(sport) || isOnFoot(sport) ? 'Pace' : 'Speed')

const isSwim = (sport: string) => sport.includes('Swim')
const isOnFoot = (sport: string) => /Run|Walk|Hike|Snowshoe|Wheelchair/.test(sport)

/** Seconds as a watch shows them: `4:05`, `1:02:09`. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds)
  const pad = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3_600)
  const minutes = Math.floor(whole / 60) % 60
  return `${hours > 0 ? `${hours}:${pad(minutes)}` : minutes}:${pad(whole % 60)}`
}

/** Formats seconds: `1 h 2 min`. */
export function spokenDuration(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  const hours = Math.floor(minutes / 60)
  return hours > 0 ? `${hours.toLocaleString()} h ${minutes % 60} min` : `${minutes} min`
}

/** `MountainBikeRide` as `Mountain Bike Ride`. */
export const sportName = (sport: string) => sport.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
