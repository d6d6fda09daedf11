/** The values of the older field `type` (Strava API reference, `ActivityType`). */
const LEGACY_TYPES = [
  ...['AlpineSki', 'BackcountrySki', 'Canoeing', 'Crossfit', 'EBikeRide', 'Elliptical', 'Golf', 'Handcycle'],
  ...['Hike', 'IceSkate', 'InlineSkate', 'Kayaking', 'Kitesurf', 'NordicSki', 'Ride', 'RockClimbing'],
  ...['RollerSki', 'Rowing', 'Run', 'Sail', 'Skateboard', 'Snowboard', 'Snowshoe', 'Soccer', 'StairStepper'],
  ...['StandUpPaddling', 'Surfing', 'Swim', 'Velomobile', 'VirtualRide', 'VirtualRun', 'Walk'],
  ...['WeightTraining', 'Wheelchair', 'Windsurf', 'Workout', 'Yoga'],
]

/** Sport types that have another value in the older field `type`. */
const COARSENED: Readonly<Record<string, string>> = {
  GravelRide: 'Ride',
  MountainBikeRide: 'Ride',
  EMountainBikeRide: 'EBikeRide',
  TrailRun: 'Run',
  VirtualRow: 'Rowing',
}

/** The value of the older field `type` by sport type; {@link OTHER_LEGACY_TYPE} for unlisted ones. */
export const LEGACY_TYPE_OF: Readonly<Record<string, string>> = {
  ...Object.fromEntries(LEGACY_TYPES.map((type) => [type, type])),
  ...COARSENED,
}

/** See {@link LEGACY_TYPE_OF}. Strava's list of sport types grows. */
export const OTHER_LEGACY_TYPE = 'Workout'

/** Whether a value of the older field `type` is a coarser form of this sport type, and does not contradict it. */
export const isCoarserType = (type: string, sportType: string): boolean =>
  type !== sportType && (LEGACY_TYPE_OF[sportType] ?? OTHER_LEGACY_TYPE) === type
