/** Activity ids that were in use at some dates (recorded responses): [epoch seconds, id]. */
const ANCHORS: readonly (readonly [number, number])[] = [
  [Date.UTC(2009, 0, 1) / 1000, 100_000],
  [Date.UTC(2012, 11, 13) / 1000, 30_000_000],
  [Date.UTC(2016, 6, 4) / 1000, 630_000_000],
  [Date.UTC(2018, 10, 24) / 1000, 1_963_000_000],
  [Date.UTC(2022, 0, 25) / 1000, 6_580_000_000],
  [Date.UTC(2025, 9, 18) / 1000, 16_700_000_000],
  [Date.UTC(2026, 6, 17) / 1000, 19_350_000_000],
]

/** The id that an upload at that moment would have got, give or take. */
export function activityIdAt(epochSeconds: number): number {
  let [low, high] = [ANCHORS[0], ANCHORS[1]]
  for (const anchor of ANCHORS.slice(2)) {
    if (high !== undefined && epochSeconds < high[0]) break
    ;[low, high] = [high, anchor]
  }
  if (low === undefined || high === undefined) return 1
  const slope = (high[1] - low[1]) / (high[0] - low[0])
  return Math.max(1, Math.round(low[1] + (epochSeconds - low[0]) * slope))
}
