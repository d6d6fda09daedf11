import { type Endpoint, endpoint, INTERNAL_API } from '@ikigai/bus'
import { appEndpoints } from '../apps/endpoints.ts'
import type { AuthCore } from '../core.ts'

/** The NATS endpoints of auth for the other services. */
export function internalEndpoints({
  accessTokens,
  accounts,
  apps,
}: Pick<AuthCore, 'accessTokens' | 'accounts' | 'apps'>): Endpoint[] {
  return [
    endpoint('grant-token', INTERNAL_API.grantToken, ({ athlete_id, rejected_token_sha256 }) =>
      accessTokens.token(athlete_id, rejected_token_sha256),
    ),
    endpoint('grant-verify', INTERNAL_API.grantVerify, ({ athlete_id }) => accounts.verifyGrant(athlete_id)),
    endpoint('grant-proof', INTERNAL_API.grantProof, (proof) => accounts.applyProof(proof)),
    endpoint('athlete-disconnect', INTERNAL_API.athleteDisconnect, ({ athlete_id }) =>
      accounts.disconnect(athlete_id),
    ),
    ...appEndpoints(apps),
  ]
}
