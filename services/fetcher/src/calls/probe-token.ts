import type { Clock } from '@ikigai/chassis'
import type { Lane } from '@ikigai/contracts'
import type { Ledger } from '@ikigai/quota'
import type { StravaClient, StravaErrorKind } from '@ikigai/strava'
import { outcomeOf } from './outcome-of.ts'

/** Dependencies of {@link probeToken}. */
export interface ProbeDeps {
  readonly client: Pick<StravaClient, 'getAthlete'>
  readonly ledger: Ledger
  readonly clock: Clock
  /** Called with the result of each call: `ok`, or the kind of the failure. */
  readonly onCall?: (lane: Lane, outcome: 'ok' | StravaErrorKind) => void
}

/** Whether Strava accepts an access token. */
export type Probe =
  /** `answeredAt`: Strava's clock, epoch ms; null when the answer had no `Date`. */
  | { readonly answer: 'accepted' | 'rejected'; readonly answeredAt: number | null }
  /** Strava gave no usable answer, or the quota ledger admits no call before `retryAt` (epoch ms). */
  | { readonly answer: 'none'; readonly retryAt: number | undefined }

/** Verifications are as urgent as activities named by events, and use the same lane. */
const LANE: Lane = 'webhook'

/** Strava sometimes answers 401 to valid tokens (observed), so a rejection counts only when it is repeated. */
const REJECTIONS = 2

/** Tests an access token with a call that the quota ledger admits, and with a second one if the first is rejected. */
export async function probeToken(
  { client, ledger, clock, onCall }: ProbeDeps,
  accessToken: string,
): Promise<Probe> {
  for (let rejections = 1; ; rejections += 1) {
    const reservation = await ledger.reserve(LANE, clock.now())
    if ('denial' in reservation) return { answer: 'none', retryAt: reservation.denial.retryAt }
    const result = await client.getAthlete(accessToken)
    await ledger.settle(reservation.lease, outcomeOf(result), clock.now())
    onCall?.(LANE, result.ok ? 'ok' : result.error.kind)
    const answeredAt = result.meta.date ?? null
    // Strava reports a missing scope only for a valid token.
    if (result.ok || result.error.kind === 'scope_missing') return { answer: 'accepted', answeredAt }
    if (result.error.kind !== 'unauthorized') return { answer: 'none', retryAt: undefined }
    if (rejections === REJECTIONS) return { answer: 'rejected', answeredAt }
  }
}
