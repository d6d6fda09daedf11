import { type Bus, INTERNAL, publishSignal } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { type Db, sessionRevocations } from '@ikigai/db'

/** Ends sessions before their time. */
export interface SessionRevoker {
  /** Resolves once it is recorded; every gateway is told at once. */
  revoke(session: { sid: string; athleteId: StravaId; expiresAtMs: number }): Promise<void>
  /** Tells the gateways that something was recorded. */
  announce(): void
}

/** The record is what counts; the message only says that there is one. */
export function createSessionRevoker(db: Db, bus: Bus, clock: Clock): SessionRevoker {
  const announce = () => publishSignal(bus, INTERNAL.sessionRevoked)
  return {
    announce,
    revoke: async ({ sid, expiresAtMs }) => {
      const revokedAt = new Date(clock.now())
      await db
        .insert(sessionRevocations)
        .values({ id: sid, sessionId: sid, revokedAt, expiresAt: new Date(expiresAtMs) })
        .onConflictDoNothing()
      announce()
    },
  }
}
