import type { LatLng } from './route.ts'

function encodeDelta(delta: number): string {
  let rest = delta < 0 ? ~(delta << 1) : delta << 1
  let text = ''
  while (rest >= 0x20) {
    text += String.fromCharCode((0x20 | (rest & 0x1f)) + 63)
    rest >>= 5
  }
  return text + String.fromCharCode(rest + 63)
}

/** Encodes points in Google's polyline format with five decimals, as `map.summary_polyline` is. */
export function encodePolyline(points: readonly LatLng[]): string {
  let latitude = 0
  let longitude = 0
  let text = ''
  for (const point of points) {
    const nextLatitude = Math.round(point[0] * 1e5)
    const nextLongitude = Math.round(point[1] * 1e5)
    text += encodeDelta(nextLatitude - latitude) + encodeDelta(nextLongitude - longitude)
    latitude = nextLatitude
    longitude = nextLongitude
  }
  return text
}
