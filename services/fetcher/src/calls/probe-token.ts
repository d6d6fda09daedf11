import type { Clock } from '@ikigai/chassis'
import type { Lane } from '@ikigai/contracts'
import type { Ledger } from '@ikigai/quota'
import type { StravaClient, StravaErrorKind } from '@ikigai/strava'
import { outcomeOf } from './outcome-of.ts'

/** What probing an access token is made of. */
export interface ProbeDeps {
  readonly client: Pick<StravaClient, 'getAthlete'>
  readonly ledger: Ledger
  readonly clock: Clock
  /** Called with how each call ended: `ok`, or the kind of the failure. */
  readonly onCall?: (lane: Lane, outcome: 'ok' | StravaErrorKind) => void
}

/** Whether Strava takes an access token. */
export type Probe =
  /** `answeredAt`: Strava's clock, epoch ms; null when the answer had no `Date`. */
  | { readonly answer: 'accepted' | 'rejected'; readonly answeredAt: number | null }
  /** Strava did not say, or the quota ledger has no call for it before `retryAt` (epoch ms). */
  | { readonly answer: 'none'; readonly retryAt: number | undefined }

/** Verifications are as urgent as what events name, and are paid from the same lane. */
const LANE: Lane = 'webhook'

/** Strava has been seen to answer 401 to good tokens now and then, so a rejection counts once it is repeated. */
const REJECTIONS = 2

/** Asks Strava whether it takes an access token: one call, or two when the first is rejected, within the quota ledger. */
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
    // A missing scope is said of a token that Strava knows.
    if (result.ok || result.error.kind === 'scope_missing') return { answer: 'accepted', answeredAt }
    if (result.error.kind !== 'unauthorized') return { answer: 'none', retryAt: undefined }
    if (rejections === REJECTIONS) return { answer: 'rejected', answeredAt }
  }
}
