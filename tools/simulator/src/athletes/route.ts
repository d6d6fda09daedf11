import { createRandom, mix } from '../random.ts'
import type { Place } from './places.ts'
import { makeWay, type Way } from './way.ts'

/** Latitude and longitude in degrees. */
export type LatLng = readonly [number, number]

const METERS_PER_DEGREE = 111_320
const WAY_COUNT = 96
/** Ways are made with this length, and drawn to the scale that is needed. */
const WAY_METERS = 10_000

const ways = new Map<number, Way>()

/** People take the same ways again and again: there are some, made once per number of points. */
function wayOf(seed: number, pointCount: number): Way {
  const number = seed % WAY_COUNT
  const key = number * 1_000 + pointCount
  const known = ways.get(key)
  if (known !== undefined) return known
  const way = makeWay(number, WAY_METERS, pointCount)
  ways.set(key, way)
  return way
}

/** A way from a door near the place, of that length. The same seed gives the same one. */
export function routeFrom(seed: number, place: Place, distanceMeters: number, pointCount: number): LatLng[] {
  const random = createRandom(mix(seed))
  const way = wayOf(seed, pointCount)
  const turn = random.between(0, 2 * Math.PI)
  const latitude = place.latitude + random.between(-0.02, 0.02)
  const longitude = place.longitude + random.between(-0.02, 0.02)
  const scale = distanceMeters / WAY_METERS / METERS_PER_DEGREE
  const eastScale = scale / Math.cos((place.latitude * Math.PI) / 180)
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)]
  const points: LatLng[] = []
  for (let index = 0; index < way.length; index += 2) {
    const north = way[index] ?? 0
    const east = way[index + 1] ?? 0
    points.push([
      latitude + (north * cosine + east * sine) * scale,
      longitude + (east * cosine - north * sine) * eastScale,
    ])
  }
  return points
}

/** Rounds a point to the six decimals that `start_latlng` has. */
export function roundedPoint(point: LatLng): [number, number] {
  return [Math.round(point[0] * 1e6) / 1e6, Math.round(point[1] * 1e6) / 1e6]
}
