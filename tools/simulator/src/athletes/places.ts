import type { Random } from '../random.ts'

export interface Place {
  latitude: number
  longitude: number
  /** IANA name. */
  timeZone: string
}

const PLACES: readonly [Place, ...Place[]] = [
  { latitude: 55.6761, longitude: 12.5683, timeZone: 'Europe/Copenhagen' },
  { latitude: 52.52, longitude: 13.405, timeZone: 'Europe/Berlin' },
  { latitude: 45.9237, longitude: 6.8694, timeZone: 'Europe/Paris' },
  { latitude: 53.3498, longitude: -6.2603, timeZone: 'Europe/Dublin' },
  { latitude: 37.7749, longitude: -122.4194, timeZone: 'America/Los_Angeles' },
  { latitude: 40.015, longitude: -105.2705, timeZone: 'America/Denver' },
  { latitude: 40.7829, longitude: -73.9654, timeZone: 'America/New_York' },
  { latitude: -34.6037, longitude: -58.3816, timeZone: 'America/Argentina/Buenos_Aires' },
  { latitude: -33.9249, longitude: 18.4241, timeZone: 'Africa/Johannesburg' },
  { latitude: 27.7172, longitude: 85.324, timeZone: 'Asia/Kathmandu' },
  { latitude: 14.5995, longitude: 120.9842, timeZone: 'Asia/Manila' },
  { latitude: 35.6762, longitude: 139.6503, timeZone: 'Asia/Tokyo' },
  { latitude: -33.8688, longitude: 151.2093, timeZone: 'Australia/Sydney' },
]

/** Legacy and odd zone names that were seen in recorded responses. */
const ODD_TIME_ZONES: readonly [string, ...string[]] = [
  'EST',
  'EST5EDT',
  'Cuba',
  'US/Michigan',
  'Brazil/Acre',
  'Etc/GMT+5',
  'Jamaica',
  'UTC',
]

export function pickPlace(random: Random): Place {
  return random.pick(PLACES)
}

export function pickOddTimeZone(random: Random): string {
  return random.pick(ODD_TIME_ZONES)
}
