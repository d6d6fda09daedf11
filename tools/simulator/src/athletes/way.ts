import { createRandom, type Random } from '../random.ts'

/** Meters north and east of the start. */
type Spot = readonly [north: number, east: number]

/** Meters north and east of the start, alternating. */
export type Way = Float64Array

/** A leg is split at most this often. */
const MAX_SPLITS = 5
const FINE_POINTS = 1_200
/** How far a receiver is off, at most. */
const NOISE_METERS = 3

/**
 * A way of that length as people take it in towns and between them: legs from corner to corner, some straight, some
 * winding, some with a jog around a block. Half of them are loops; others go out and back, around a loop at the end of a
 * road, or from one place to another (kinds and their look as in recorded routes). The same seed gives the same way.
 */
export function makeWay(seed: number, lengthMeters: number, pointCount: number): Way {
  const random = createRandom(seed)
  const fine = resample(walk(random, cornersOf(random)), FINE_POINTS)
  return noisy(createRandom(seed, pointCount), scaled(fine, lengthMeters), pointCount)
}

function cornersOf(random: Random): Spot[] {
  const lot = random.next()
  if (lot < 0.5) return loop(random, random.integer(4, 9))
  if (lot < 0.68) {
    const out = road(random)
    return [...out, ...out.toReversed().slice(1)]
  }
  if (lot < 0.88) {
    const out = road(random)
    const [north, east] = out.at(-1) ?? [0, 0]
    const around = loop(random, random.integer(3, 6)).map(([n, e]): Spot => [n * 0.6 + north, e * 0.6 + east])
    return [...out, ...around.slice(1), ...out.toReversed().slice(1)]
  }
  return road(random)
}

/** A way around, back to its first corner. */
function loop(random: Random, corners: number): Spot[] {
  const flat = random.between(0.55, 1)
  const around = Array.from({ length: corners }, (_, index): Spot => {
    const angle = ((index + random.between(-0.35, 0.35)) / corners) * 2 * Math.PI
    const radius = random.between(0.55, 1.2)
    return [radius * Math.sin(angle), flat * radius * Math.cos(angle)]
  })
  const [north, east] = around[0] ?? [0, 0]
  return [...around.map(([n, e]): Spot => [n - north, e - east]), [0, 0]]
}

/** A way that on the whole keeps its direction. */
function road(random: Random): Spot[] {
  const spots: Spot[] = [[0, 0]]
  let heading = 0
  for (let leg = random.integer(2, 5); leg > 0; leg -= 1) {
    const [north, east] = spots.at(-1) ?? [0, 0]
    const length = random.between(0.3, 1)
    heading += random.between(-0.9, 0.9)
    spots.push([north + length * Math.cos(heading), east + length * Math.sin(heading)])
  }
  return spots
}

/** Goes from corner to corner. A leg that is gone back is the same leg. */
function walk(random: Random, corners: readonly Spot[]): Spot[] {
  const legs = new Map<string, Spot[]>()
  const spots: Spot[] = corners.slice(0, 1)
  for (const [index, from] of corners.slice(0, -1).entries()) {
    const to = corners[index + 1] ?? from
    const back = legs.get(`${to} ${from}`)
    const leg = back?.toReversed() ?? [from, ...between(random, from, to, 0), to]
    legs.set(`${from} ${to}`, leg)
    spots.push(...leg.slice(1))
  }
  return spots
}

/** The spots between two: none where it is straight, two around a block, more where it winds. */
function between(random: Random, from: Spot, to: Spot, depth: number): Spot[] {
  const lot = random.next()
  if (depth >= MAX_SPLITS || (depth > 0 && lot < 0.18)) return []
  const side = random.chance(0.5) ? 1 : -1
  const share = random.between(0.3, 0.7)
  if (lot < 0.34) {
    const [here, there] = [
      aside(from, to, share, 0),
      aside(from, to, share, side * random.between(0.04, 0.16)),
    ]
    return [...between(random, from, here, depth + 1), here, there, ...between(random, there, to, depth + 1)]
  }
  const middle = aside(from, to, share, side * random.between(0.02, 0.2))
  return [...between(random, from, middle, depth + 1), middle, ...between(random, middle, to, depth + 1)]
}

/** A share of the way from one spot to another, and a share of that way to the side. */
const aside = (from: Spot, to: Spot, along: number, across: number): Spot => {
  const [north, east] = [to[0] - from[0], to[1] - from[1]]
  return [from[0] + north * along - east * across, from[1] + east * along + north * across]
}

const distance = (from: Spot, to: Spot) => Math.hypot(to[0] - from[0], to[1] - from[1])

/** That many spots at equal distances along the way. */
function resample(spots: readonly Spot[], count: number): Spot[] {
  const legs = spots.slice(1).map((to, index) => {
    const from = spots[index] ?? to
    return { from, to, length: distance(from, to) }
  })
  const total = legs.reduce((sum, { length }) => sum + length, 0)
  const found: Spot[] = []
  let [leg, walked] = [0, 0]
  for (let index = 0; index < count; index += 1) {
    const wanted = (index / (count - 1)) * total
    let here = legs[leg]
    while (here !== undefined && leg < legs.length - 1 && walked + here.length < wanted) {
      walked += here.length
      leg += 1
      here = legs[leg]
    }
    if (here === undefined) break
    found.push(aside(here.from, here.to, Math.min(1, (wanted - walked) / (here.length || 1)), 0))
  }
  return found
}

function scaled(spots: readonly Spot[], lengthMeters: number): Spot[] {
  const length = spots.slice(1).reduce((sum, spot, index) => sum + distance(spots[index] ?? spot, spot), 0)
  const scale = lengthMeters / length
  return spots.map(([north, east]): Spot => [north * scale, east * scale])
}

/** Fewer points, each but the two ends a little off. */
function noisy(random: Random, spots: readonly Spot[], count: number): Way {
  const way = new Float64Array(2 * count)
  const off = () => random.between(-NOISE_METERS, NOISE_METERS)
  for (const [index, [north, east]] of resample(spots, count).entries()) {
    const isEnd = index === 0 || index === count - 1
    way[2 * index] = north + (isEnd ? 0 : off())
    way[2 * index + 1] = east + (isEnd ? 0 : off())
  }
  return way
}
