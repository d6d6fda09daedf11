import { type Bus, INTERNAL, publishSignal } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { type Db, sessionRevocations } from '@ikigai/db'

export interface SessionRevoker {
  /** Resolves once the revocation is stored; gateways are notified. */
  revoke(session: { sid: string; athleteId: StravaId; expiresAtMs: number }): Promise<void>
  /** Notifies the gateways that revocations were stored. */
  notifyGateways(): void
}

/** Stores revocations in the table `session_revocations`. The signal only makes the gateways read it at once. */
export function createSessionRevoker(db: Db, bus: Bus, clock: Clock): SessionRevoker {
  const notifyGateways = () => publishSignal(bus, INTERNAL.sessionRevoked)
  return {
    notifyGateways,
    revoke: async ({ sid, expiresAtMs }) => {
      const revokedAt = new Date(clock.now())
      await db
        .insert(sessionRevocations)
        .values({ id: sid, sessionId: sid, revokedAt, expiresAt: new Date(expiresAtMs) })
        .onConflictDoNothing()
      notifyGateways()
    },
  }
}
