import { type EtaChange, EtaChangeSchema, type EtaReason, EtaReasonSchema, Nullable } from '@ikigai/contracts'
import { DAY_MS } from '@ikigai/quota'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** Schema of {@link PublishedEta}. */
export const PublishedEtaSchema = Type.Object({
  /** Activities of the whole history; null while its length is unknown. */
  expected: Nullable(Type.Integer()),
  /** Estimated pages of the whole history when this ETA was published. */
  pages: Type.Integer(),
  /** When the whole history will be imported: epoch ms. Null: unknown. */
  eta: Nullable(Type.Integer()),
  /** End of the range that begins at `eta`, and the reason of the range. */
  latest: Nullable(Type.Integer()),
  reason: Nullable(EtaReasonSchema),
  /** How and why this ETA differs from the one before it. */
  change: Nullable(Type.Object({ at: Type.Integer(), from: Type.Integer(), reason: EtaChangeSchema })),
})

/** The ETA of an import that clients see. It changes only for a reason. */
export type PublishedEta = Static<typeof PublishedEtaSchema>

const validator = Compile(PublishedEtaSchema)

/** Parses a stored ETA. Null if there is none or another release wrote it: then a new one is published. */
export const parsePublishedEta = (value: unknown): PublishedEta | null =>
  validator.Check(value) ? value : null

/** The current estimate of the projection. */
export interface EtaEstimate {
  readonly expected: number | null
  /** Pages of the whole history: fetched and expected. */
  readonly pages: number
  /** Epoch ms; infinite if the import would never complete. */
  readonly eta: number
  /** End of the range, if known, for example for a history of unknown length. */
  readonly latest?: number | undefined
  /** Why the time is uncertain. */
  readonly reason?: EtaReason | undefined
}

/** An estimate within this distance of the published ETA does not change it: a share of the remaining time, or ms. */
const TOLERANCE = { share: 0.05, ms: 10_000 }

/** Default width of a range, as a share of the remaining time. */
const RANGE_SHARE = 0.25

/**
 * Decides which ETA is published. The last one stays while the estimate agrees with it. While Strava does not answer, it
 * stays until it has passed, because the outage may be over soon.
 * @param published the last one, if there is one
 * @param now epoch ms
 */
export function reviseEta(published: PublishedEta | null, estimate: EtaEstimate, now: number): PublishedEta {
  const { expected, pages } = estimate
  const isKnown = Number.isFinite(estimate.eta)
  if (
    published !== null &&
    published.eta !== null &&
    isKnown &&
    isStillTrue(published, published.eta, estimate, now)
  )
    return { ...published, expected }
  const eta = isKnown ? Math.round(estimate.eta) : null
  const reason = eta === null ? null : (estimate.reason ?? (dayOf(eta) > dayOf(now) ? 'next_days' : null))
  const latest =
    eta === null || reason === null
      ? null
      : Math.round(Math.max(eta, estimate.latest ?? eta + RANGE_SHARE * (eta - now)))
  const from = published?.eta ?? null
  const change =
    published === null || from === null || eta === null
      ? null
      : { at: now, from, reason: changeOf(published, estimate, eta > from) }
  return { expected, pages, eta, latest, reason, change }
}

function isStillTrue(published: PublishedEta, eta: number, estimate: EtaEstimate, now: number): boolean {
  const end = published.latest ?? eta
  if (estimate.reason === 'strava_unavailable' && end > now) return true
  const tolerance = Math.max(TOLERANCE.ms, TOLERANCE.share * (eta - now))
  // A range for a history of unknown length covers every estimate within it.
  const until = published.reason === 'history_length' ? end : eta
  return estimate.eta >= eta - tolerance && estimate.eta <= until + tolerance
}

function changeOf({ pages }: PublishedEta, estimate: EtaEstimate, isLater: boolean): EtaChange {
  if (estimate.pages > pages && isLater) return 'longer_history'
  if (estimate.pages < pages && !isLater) return 'shorter_history'
  if (estimate.reason === 'strava_unavailable') return 'strava_unavailable'
  return isLater ? 'busier' : 'quieter'
}

const dayOf = (at: number) => Math.floor(at / DAY_MS)
