import type { InternalReply, InternalRequest } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'
import { type AccountDeps, disconnect } from './disconnect.ts'
import { applyProof, verifyGrant } from './verify-grant.ts'

/** Operations that can end an athlete's account. */
export interface Accounts {
  /** Erases the athlete and revokes the grant at Strava. `revoked`: whether Strava has confirmed that. */
  disconnect(athleteId: StravaId): Promise<InternalReply<'athleteDisconnect'>>
  /** First step of verifying a reported deauthorization: see {@link verifyGrant}. */
  verifyGrant(athleteId: StravaId): Promise<InternalReply<'grantVerify'>>
  /** Applies Strava's answer to the access token of a grant that is being verified. */
  applyProof(proof: InternalRequest<'grantProof'>): Promise<InternalReply<'grantProof'>>
}

export function createAccounts(deps: AccountDeps): Accounts {
  return {
    disconnect: (athleteId) => disconnect(deps, athleteId),
    verifyGrant: (athleteId) => verifyGrant(deps, athleteId),
    applyProof: (proof) => applyProof(deps, proof),
  }
}
