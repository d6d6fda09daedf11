import { createRandom, mix, type Random } from '../random.ts'
import { type Place, pickOddTimeZone, pickPlace } from './places.ts'
import type { ActivityRecord } from './records.ts'
import { pickSport, type Sport, sportNamed } from './sports.ts'
import { utcOffsetSeconds } from './time-zone.ts'

/** How `map` and the points of start and end appear (all four occur in recorded responses). */
export type MapShape = 'route' | 'empty' | 'null' | 'missing'

/** All facts of an activity, from which its representations are built. */
export interface ActivityFacts {
  sport: Sport
  name: string
  description: string | null
  /** Perceived exertion, 1 to 10. */
  exertion: number | null
  startSeconds: number
  timeZone: string
  offsetSeconds: number
  place: Place
  routeSeed: number
  mapShape: MapShape
  distanceMeters: number
  movingSeconds: number
  elapsedSeconds: number
  climbMeters: number
  lowMeters: number
  averageSpeed: number
  maxSpeed: number
  heartrate: { average: number; max: number } | undefined
  cadence: number | undefined
  watts: number | undefined
  temperature: number | undefined
  hasElevation: boolean
  /** `undefined`: the field is missing. */
  workoutType: number | null | undefined
  gearId: string | null
  deviceName: string
  externalId: string
  kudos: number
  achievements: number
  photos: number
  commute: boolean
  trainer: boolean
}

const DEVICES = [
  'Garmin Forerunner 965',
  'Garmin fēnix 6 Pro',
  'Strava App',
  'Wahoo ELEMNT',
  'COROS PACE 3',
] as const

const DESCRIPTIONS = ['Felt good.', 'Rain, then sun.\nNew shoes.', 'Intervals: 6 × 3 min 💪'] as const

function round(value: number, decimals: number): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}

function partOfDay(localHour: number): string {
  if (localHour < 5 || localHour >= 22) return 'Night'
  if (localHour < 11) return 'Morning'
  if (localHour < 14) return 'Lunch'
  return localHour < 18 ? 'Afternoon' : 'Evening'
}

function makeName(random: Random, sport: Sport, localHour: number): string {
  const plain = `${partOfDay(localHour)} ${sport.title}`
  const lot = random.next()
  if (lot < 0.002) return ''
  if (lot < 0.04) return `${plain} 🏃‍♀️🌧️`
  if (lot < 0.07) return `Rundt om søen – ${plain.toLowerCase()} "på den hårde måde"`
  if (lot < 0.08)
    return `${plain}, and then once more around the hill because the first time was too short after all`
  return plain
}

function makeMapShape(random: Random, sport: Sport, manual: boolean): MapShape {
  const lot = random.next()
  if (manual) return lot < 0.7 ? 'empty' : lot < 0.85 ? 'null' : 'missing'
  if (sport.outdoors) return lot < 0.97 ? 'route' : 'empty'
  return lot < 0.96 ? 'empty' : 'null'
}

function makeEffort(random: Random, record: ActivityRecord, sport: Sport) {
  const { given } = record
  const speed = random.between(...sport.speedMetersPerSecond)
  const planned = random.between(...sport.distanceMeters)
  const distanceMeters = round(given?.distanceMeters ?? planned, 1)
  const madeSeconds = speed > 0 ? Math.round(distanceMeters / speed) : random.integer(1_200, 5_400)
  const movingSeconds = given?.movingTimeSeconds ?? madeSeconds
  const pause = random.chance(0.01) ? -1 : Math.round(movingSeconds * random.between(0, 0.2))
  const elapsedSeconds = given?.elapsedTimeSeconds ?? movingSeconds + (record.manual ? 0 : pause)
  const averageSpeed = movingSeconds > 0 ? round(distanceMeters / movingSeconds, 3) : 0
  const climb = random.between(...sport.climbMetersPerKm)
  return {
    distanceMeters,
    movingSeconds,
    elapsedSeconds,
    averageSpeed,
    maxSpeed: record.manual ? 0 : round(averageSpeed * random.between(1.3, 2.2), 3),
    climbMeters: record.manual ? 0 : round((climb * distanceMeters) / 1000, 1),
    lowMeters: round(random.between(0, 400), 1),
  }
}

function makeSensors(random: Random, record: ActivityRecord, sport: Sport) {
  const average = round(random.between(...sport.heartrate), 1)
  const withHeartrate = random.chance(0.85) && !record.manual
  const measured = !record.manual
  return {
    heartrate: withHeartrate ? { average, max: Math.round(average + random.between(8, 30)) } : undefined,
    cadence: sport.cadence && measured ? round(random.between(...sport.cadence), 1) : undefined,
    watts:
      sport.watts && measured && random.chance(0.5) ? round(random.between(...sport.watts), 1) : undefined,
    hasElevation: measured && (sport.outdoors || random.chance(0.4)),
    temperature: measured && random.chance(0.4) ? random.integer(-4, 31) : undefined,
  }
}

function makeSocial(random: Random, record: ActivityRecord, sport: Sport) {
  const seed = record.athlete.seed
  const gearLetter = sport.type === 'Ride' || sport.type === 'VirtualRide' ? 'b' : 'g'
  return {
    workoutType: sport.workoutTypes && random.pick(sport.workoutTypes),
    gearId: random.chance(0.75)
      ? `${gearLetter}${10_000_000 + (mix(seed, random.integer(0, 2)) % 9_000_000)}`
      : null,
    deviceName: random.pick(DEVICES),
    externalId: random.chance(0.6)
      ? `garmin_ping_${100_000_000_000 + mix(seed, record.index)}`
      : 'activity.fit',
    kudos: random.integer(0, 24),
    achievements: random.chance(0.3) ? random.integer(1, 9) : 0,
    photos: random.chance(0.15) ? random.integer(1, 4) : 0,
    commute: sport.type === 'Ride' && random.chance(0.1),
    trainer: sport.type === 'VirtualRide' || (!sport.outdoors && random.chance(0.1)),
  }
}

/** Makes an activity up: always the same, until it is edited. */
export function activityFacts(record: ActivityRecord): ActivityFacts {
  const { athlete, given } = record
  const random = createRandom(athlete.seed, record.index, 1)
  const home = pickPlace(createRandom(athlete.seed))
  const place = random.chance(0.85) ? home : pickPlace(random)
  const timeZone = random.chance(0.03) ? pickOddTimeZone(random) : place.timeZone
  const offsetSeconds = utcOffsetSeconds(timeZone, record.startSeconds)
  const madeSport = pickSport(random, athlete.sports)
  const sport = given?.sportType === undefined ? madeSport : sportNamed(given.sportType)
  const localHour = new Date((record.startSeconds + offsetSeconds) * 1000).getUTCHours()
  const madeName = makeName(random, sport, localHour)
  const madeDescription = random.chance(0.3) ? random.pick(DESCRIPTIONS) : null
  return {
    sport,
    name: given?.name ?? madeName,
    description: given?.description === undefined ? madeDescription : given.description,
    exertion: random.chance(0.1) ? random.integer(1, 10) : null,
    startSeconds: record.startSeconds,
    timeZone,
    offsetSeconds,
    place,
    routeSeed: mix(athlete.seed, record.index, 2),
    mapShape: makeMapShape(random, sport, record.manual),
    ...makeEffort(random, record, sport),
    ...makeSensors(random, record, sport),
    ...makeSocial(random, record, sport),
  }
}
