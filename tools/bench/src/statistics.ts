/** The value below which the part `share` (0 to 1) of the values lies, or NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1)
  return sorted[place] ?? Number.NaN
}

/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [upper = Number.NaN, lower = upper] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle) - 1]]
  return (upper + lower) / 2
}
