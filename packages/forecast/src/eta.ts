import { type EtaChange, EtaChangeSchema, type EtaReason, EtaReasonSchema, Nullable } from '@ikigai/contracts'
import { DAY_MS } from '@ikigai/quota'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** Schema of {@link ToldEta}. */
export const ToldEtaSchema = Type.Object({
  /** Activities of the whole history; null while its length is not known. */
  expected: Nullable(Type.Integer()),
  /** Pages of the whole history when this was told, as far as they were known. */
  pages: Type.Integer(),
  /** When the whole history will be there: epoch ms. Null: nothing can be said. */
  eta: Nullable(Type.Integer()),
  /** End of the range that begins at `eta`, and why it is one. */
  latest: Nullable(Type.Integer()),
  reason: Nullable(EtaReasonSchema),
  /** How and why the present statement differs from the one before it. */
  change: Nullable(Type.Object({ at: Type.Integer(), from: Type.Integer(), reason: EtaChangeSchema })),
})

/** What is told of an import's end, and stays told until there is a reason to tell otherwise. */
export type ToldEta = Static<typeof ToldEtaSchema>

const validator = Compile(ToldEtaSchema)

/** What is stored with an import; null where nothing is, or it is not what this release writes: then it is told anew. */
export const parseToldEta = (value: unknown): ToldEta | null => (validator.Check(value) ? value : null)

/** What the projection says of an import's end now. */
export interface EtaEstimate {
  readonly expected: number | null
  /** Pages of the whole history, fetched and to come. */
  readonly pages: number
  /** Epoch ms; infinite where no end can be seen. */
  readonly eta: number
  /** End of a range whose width is known, such as for a history of unknown length. */
  readonly latest?: number | undefined
  /** Why the time is uncertain. */
  readonly reason?: EtaReason | undefined
}

/** An estimate within this of what was told is the same statement: a share of the time still to come, or some ms. */
const TOLERANCE = { share: 0.05, ms: 10_000 }

/** Width of a range whose end is not known otherwise: a share of the time still to come. */
const RANGE_SHARE = 0.25

/**
 * Decides what is told. What was told stays while the estimate agrees with it; while Strava does not answer, which is over
 * soon or changes everything, it stays until it has passed.
 * @param told what was told last, if anything was
 * @param now epoch ms
 */
export function reviseEta(told: ToldEta | null, estimate: EtaEstimate, now: number): ToldEta {
  const { expected, pages } = estimate
  const isKnown = Number.isFinite(estimate.eta)
  if (told !== null && told.eta !== null && isKnown && stands(told, told.eta, estimate, now))
    return { ...told, expected }
  const eta = isKnown ? Math.round(estimate.eta) : null
  const reason = eta === null ? null : (estimate.reason ?? (dayOf(eta) > dayOf(now) ? 'next_days' : null))
  const latest =
    eta === null || reason === null
      ? null
      : Math.round(Math.max(eta, estimate.latest ?? eta + RANGE_SHARE * (eta - now)))
  const from = told?.eta ?? null
  const change =
    told === null || from === null || eta === null
      ? null
      : { at: now, from, reason: changeOf(told, estimate, eta > from) }
  return { expected, pages, eta, latest, reason, change }
}

function stands(told: ToldEta, eta: number, estimate: EtaEstimate, now: number): boolean {
  const end = told.latest ?? eta
  if (estimate.reason === 'strava_unavailable' && end > now) return true
  const tolerance = Math.max(TOLERANCE.ms, TOLERANCE.share * (eta - now))
  // A range that only the length of the history makes one holds whatever falls into it.
  const until = told.reason === 'history_length' ? end : eta
  return estimate.eta >= eta - tolerance && estimate.eta <= until + tolerance
}

function changeOf({ pages }: ToldEta, estimate: EtaEstimate, isLater: boolean): EtaChange {
  if (estimate.pages > pages && isLater) return 'longer_history'
  if (estimate.pages < pages && !isLater) return 'shorter_history'
  if (estimate.reason === 'strava_unavailable') return 'strava_unavailable'
  return isLater ? 'busier' : 'quieter'
}

const dayOf = (at: number) => Math.floor(at / DAY_MS)
