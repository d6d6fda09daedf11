import type { Random } from '../random.ts'

/** How the simulator makes up activities of one sport. */
export interface Sport {
  /** `sport_type`; Strava's list grows, so this is text. */
  sportType: string
  /** The older `type`, of which there are fewer (Strava API docs, sport types). */
  type: string
  title: string
  /** How often it comes, relative to the others. */
  weight: number
  distanceMeters: readonly [number, number]
  speedMetersPerSecond: readonly [number, number]
  climbMetersPerKm: readonly [number, number]
  /** Whether it leaves a track on the map. */
  outdoors: boolean
  heartrate: readonly [number, number]
  cadence?: readonly [number, number]
  watts?: readonly [number, number]
  /** Values of `workout_type`; null stands for the literal null, no entry for a missing field. */
  workoutTypes?: readonly [number | null, ...(number | null)[]]
}

const RUN = {
  type: 'Run',
  distanceMeters: [3_000, 21_500],
  speedMetersPerSecond: [2.3, 4.2],
  climbMetersPerKm: [1, 12],
  outdoors: true,
  heartrate: [128, 172],
  cadence: [74, 90],
  watts: [140, 330],
  workoutTypes: [null, null, 0, 0, 1, 2, 3],
} as const

const RIDE = {
  type: 'Ride',
  distanceMeters: [8_000, 140_000],
  speedMetersPerSecond: [5.2, 9.6],
  climbMetersPerKm: [3, 14],
  outdoors: true,
  heartrate: [112, 158],
  cadence: [68, 92],
  watts: [120, 260],
  workoutTypes: [10, 10, 10, 11, 12, null],
} as const

const INDOOR = {
  type: 'Workout',
  distanceMeters: [0, 0],
  speedMetersPerSecond: [0, 0],
  climbMetersPerKm: [0, 0],
  outdoors: false,
  heartrate: [90, 140],
} as const

const WALK = {
  type: 'Walk',
  distanceMeters: [1_500, 9_000],
  speedMetersPerSecond: [1.1, 1.7],
  climbMetersPerKm: [2, 15],
  outdoors: true,
  heartrate: [82, 118],
  cadence: [48, 58],
} as const

const SNOW = { ...WALK, type: 'AlpineSki', distanceMeters: [9_000, 42_000], heartrate: [95, 145] } as const

const SPORTS: readonly [Sport, ...Sport[]] = [
  { ...RUN, sportType: 'Run', title: 'Run', weight: 34 },
  { ...RIDE, sportType: 'Ride', title: 'Ride', weight: 22 },
  { ...RUN, sportType: 'TrailRun', title: 'Trail Run', weight: 5, climbMetersPerKm: [20, 60] },
  { ...WALK, sportType: 'Walk', title: 'Walk', weight: 8 },
  { ...WALK, sportType: 'Hike', type: 'Hike', title: 'Hike', weight: 4, climbMetersPerKm: [20, 90] },
  { ...RIDE, sportType: 'MountainBikeRide', title: 'Mountain Bike Ride', weight: 3 },
  { ...RIDE, sportType: 'GravelRide', title: 'Gravel Ride', weight: 3 },
  { ...RIDE, sportType: 'EBikeRide', type: 'EBikeRide', title: 'E-Bike Ride', weight: 2 },
  { ...RIDE, sportType: 'VirtualRide', type: 'VirtualRide', title: 'Virtual Ride', weight: 4 },
  {
    ...INDOOR,
    sportType: 'Swim',
    type: 'Swim',
    title: 'Swim',
    weight: 5,
    distanceMeters: [800, 3_800],
    speedMetersPerSecond: [0.6, 1.2],
  },
  {
    ...INDOOR,
    sportType: 'WeightTraining',
    type: 'WeightTraining',
    title: 'Weight Training',
    weight: 4,
    workoutTypes: [30],
  },
  { ...INDOOR, sportType: 'Workout', title: 'Workout', weight: 2, workoutTypes: [null] },
  { ...INDOOR, sportType: 'Yoga', type: 'Yoga', title: 'Yoga', weight: 2 },
  { ...INDOOR, sportType: 'Padel', title: 'Padel', weight: 1 },
  { ...SNOW, sportType: 'AlpineSki', title: 'Alpine Ski', weight: 1, speedMetersPerSecond: [4, 8] },
  { ...WALK, sportType: 'NordicSki', type: 'NordicSki', title: 'Nordic Ski', weight: 1 },
  { ...RIDE, sportType: 'InlineSkate', type: 'InlineSkate', title: 'Inline Skate', weight: 1 },
]

const BY_NAME = new Map(SPORTS.map((sport) => [sport.sportType, sport]))

/** One of the named sports, or of all; those that people do more often come more often. */
export function pickSport(random: Random, names?: readonly string[]): Sport {
  const choices: readonly Sport[] = names?.map(sportNamed) ?? SPORTS
  const total = choices.reduce((sum, { weight }) => sum + weight, 0)
  let remaining = random.between(0, total)
  for (const sport of choices) {
    remaining -= sport.weight
    if (remaining < 0) return sport
  }
  return choices[0] ?? SPORTS[0]
}

/** A sport by its `sport_type`; one that is not known is made up like a workout. */
export function sportNamed(sportType: string): Sport {
  return BY_NAME.get(sportType) ?? { ...INDOOR, sportType, title: sportType, weight: 0 }
}
