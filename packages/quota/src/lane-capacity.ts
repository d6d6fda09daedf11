import type { Lane } from '@ikigai/contracts'

/** Maximum concurrent calls of a lane per fetcher: slow calls of one lane do not block another. */
export const CONCURRENCY: Readonly<Record<Lane, number>> = {
  signup: 8,
  newest: 4,
  webhook: 4,
  backfill: 4,
  resync: 4,
  enrich: 2,
}

/** Typical duration of a call for a page (ms); one for an activity takes half of it. */
export const PAGE_MS = 600

const ACTIVITY_MS = PAGE_MS / 2

/** Typical duration of a call of each lane (ms). */
export const CALL_MS: Readonly<Record<Lane, number>> = {
  signup: PAGE_MS,
  newest: ACTIVITY_MS,
  webhook: ACTIVITY_MS,
  backfill: PAGE_MS,
  resync: PAGE_MS,
  enrich: ACTIVITY_MS,
}

/** Calls a second of a lane that has work. */
export const perSecondOf = (lane: Lane): number => (CONCURRENCY[lane] * 1_000) / CALL_MS[lane]
