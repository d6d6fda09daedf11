import { createRandom, mix } from '../random.ts'
import type { Place } from './places.ts'

/** Latitude and longitude in degrees. */
export type LatLng = readonly [number, number]

/** Meters north and east of the start, alternating. */
type Shape = Float64Array

const METERS_PER_DEGREE = 111_320
const SHAPE_COUNT = 64
/** A round trip with this many meters of perimeter is what shapes are made for. */
const SHAPE_METERS = 10_000

const shapes = new Map<number, Shape>()

/**
 * A round trip of about `SHAPE_METERS`: a circle that three waves bend out of shape, with noise on each point.
 */
function makeShape(seed: number, pointCount: number): Shape {
  const random = createRandom(seed)
  const waves = [2, 3, 5].map((times) => ({
    times,
    amplitude: random.between(0.05, 0.35) / Math.sqrt(times),
    phase: random.between(0, 2 * Math.PI),
  }))
  const radiusMeters = SHAPE_METERS / (2 * Math.PI * 1.15)
  const radiusAt = (angle: number) =>
    radiusMeters *
    waves.reduce((sum, { times, amplitude, phase }) => sum + amplitude * Math.sin(times * angle + phase), 1)
  const shape = new Float64Array(2 * pointCount)
  const firstRadius = radiusAt(0)
  for (let index = 1; index < pointCount - 1; index += 1) {
    const angle = (2 * Math.PI * index) / (pointCount - 1)
    const radius = radiusAt(angle) + random.between(-12, 12)
    shape[2 * index] = radius * Math.sin(angle)
    shape[2 * index + 1] = radius * Math.cos(angle) - firstRadius
  }
  return shape
}

/** People take the same ways again and again: there are a few shapes, made once per number of points. */
function shapeOf(seed: number, pointCount: number): Shape {
  const number = seed % SHAPE_COUNT
  const key = number * 1_000 + pointCount
  const known = shapes.get(key)
  if (known !== undefined) return known
  const shape = makeShape(number, pointCount)
  shapes.set(key, shape)
  return shape
}

/** A round trip from a door near the place. The same seed gives the same one. */
export function roundTrip(seed: number, place: Place, distanceMeters: number, pointCount: number): LatLng[] {
  const random = createRandom(mix(seed))
  const shape = shapeOf(seed, pointCount)
  const turn = random.between(0, 2 * Math.PI)
  const latitude = place.latitude + random.between(-0.02, 0.02)
  const longitude = place.longitude + random.between(-0.02, 0.02)
  const scale = distanceMeters / SHAPE_METERS / METERS_PER_DEGREE
  const eastScale = scale / Math.cos((place.latitude * Math.PI) / 180)
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)]
  const points: LatLng[] = []
  for (let index = 0; index < shape.length; index += 2) {
    const north = shape[index] ?? 0
    const east = shape[index + 1] ?? 0
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
