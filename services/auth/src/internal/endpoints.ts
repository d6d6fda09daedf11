import { type Endpoint, endpoint, INTERNAL_API } from '@ikigai/bus'
import type { AuthCore } from '../core.ts'
import { disconnect } from '../erasure/disconnect.ts'
import { takeProof, verifyGrant } from '../erasure/verify-grant.ts'

/** What the other services may ask of auth. */
export function internalEndpoints({
  keeper,
  revoker,
  disconnects,
}: Pick<AuthCore, 'keeper' | 'revoker' | 'disconnects'>): Endpoint[] {
  return [
    endpoint('grant-token', INTERNAL_API.grantToken, ({ athlete_id, rejected_token_sha256 }) =>
      keeper.token(athlete_id, rejected_token_sha256),
    ),
    endpoint('grant-verify', INTERNAL_API.grantVerify, ({ athlete_id }) =>
      verifyGrant(disconnects, athlete_id),
    ),
    endpoint('grant-proof', INTERNAL_API.grantProof, (proof) => takeProof(disconnects, proof)),
    endpoint('session-revoke', INTERNAL_API.sessionRevoke, async ({ session_id, athlete_id, expires_at }) => {
      await revoker.revoke({ sid: session_id, athleteId: athlete_id, expiresAtMs: expires_at })
      return {}
    }),
    endpoint('athlete-disconnect', INTERNAL_API.athleteDisconnect, ({ athlete_id }) =>
      disconnect(disconnects, athlete_id),
    ),
  ]
}
