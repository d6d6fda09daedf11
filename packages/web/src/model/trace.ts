import type { Point } from './polyline.ts'

/** A drawn route: an SVG path within a box, and its start and end. */
export interface Trace {
  readonly path: string
  readonly start: readonly [x: number, y: number]
  readonly end: readonly [x: number, y: number]
  /** Whether it ends near its start. */
  readonly isLoop: boolean
}

/** The box of a drawing, in its own units. */
export interface Box {
  readonly width: number
  readonly height: number
  readonly padding: number
}

const LOOP_SHARE = 0.04

/**
 * Projects a route into the box without distortion: a degree of longitude is as long as one of latitude times the cosine
 * of the latitude. Undefined if there is nothing to draw.
 */
export function traceOf(points: readonly Point[], { width, height, padding }: Box): Trace | undefined {
  const flat = flatten(points)
  const xs = flat.map(([x]) => x)
  const ys = flat.map(([, y]) => y)
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  const extent = Math.max(right - left, bottom - top)
  if (flat.length < 2 || !(extent > 0)) return undefined
  const scale = Math.min(
    (width - 2 * padding) / Math.max(right - left, 1e-9),
    (height - 2 * padding) / Math.max(bottom - top, 1e-9),
  )
  const place = ([x, y]: readonly [number, number]): [number, number] => [
    round(width / 2 + (x - (left + right) / 2) * scale),
    round(height / 2 + (y - (top + bottom) / 2) * scale),
  ]
  const placed = flat.map(place)
  const [start, end] = [placed[0], placed.at(-1)]
  if (start === undefined || end === undefined) return undefined
  const path = placed.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  const isLoop = Math.hypot(end[0] - start[0], end[1] - start[1]) < extent * scale * LOOP_SHARE
  return { path, start, end, isLoop }
}

/** Projects to degrees of latitude in both directions, y downwards; a route over the date line stays in one piece. */
function flatten(points: readonly Point[]): (readonly [number, number])[] {
  const first = points[0]
  if (first === undefined) return []
  const middle = points.reduce((sum, [latitude]) => sum + latitude, 0) / points.length
  const shrink = Math.cos((middle * Math.PI) / 180)
  return points.map(([latitude, longitude]) => {
    const east = ((((longitude - first[1] + 540) % 360) + 360) % 360) - 180
    return [east * shrink, -latitude]
  })
}

const round = (value: number) => Math.round(value * 100) / 100
