/** Latitude and longitude in degrees. */
export type Point = readonly [latitude: number, longitude: number]

/**
 * Decodes Google's encoded polyline format with five decimals, the format of Strava's `summary_polyline`.
 * Of truncated or malformed text, the points before the fault.
 */
export function decodePolyline(text: string): Point[] {
  const points: Point[] = []
  let position = 0
  let latitude = 0
  let longitude = 0

  function nextDelta(): number {
    let bits = 0
    for (let shift = 0; shift < 32; shift += 5) {
      const chunk = text.charCodeAt(position) - 63
      position += 1
      if (!(chunk >= 0 && chunk < 64)) return Number.NaN
      bits |= (chunk & 0x1f) << shift
      if (chunk < 0x20) return bits & 1 ? ~(bits >> 1) : bits >> 1
    }
    return Number.NaN
  }

  while (position < text.length) {
    latitude += nextDelta()
    longitude += nextDelta()
    if (Number.isNaN(latitude + longitude)) break
    points.push([latitude / 1e5, longitude / 1e5])
  }
  return points
}
