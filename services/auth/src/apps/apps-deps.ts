import type { Clock, Logger } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import type { RingKey } from '@ikigai/keyring'
import type { SessionCookie } from '@ikigai/sessions'

/** Dependencies of the authorization server. */
export interface AppsDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  /** Issuer, and the audience of every access token: the origin of the API. */
  readonly publicUrl: string
  readonly sessionKeys: readonly RingKey[]
  readonly sessionCookie: SessionCookie
  /** Notifies the gateways that a revocation was recorded. */
  readonly notifyGateways: () => void
}
