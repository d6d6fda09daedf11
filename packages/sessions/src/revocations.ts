import { DEFAULT_SESSION_TTL_MS, type Session } from './session.ts'

/** The revocations known to this process. */
export interface Revocations {
  /** Revokes one session. It is kept until `expiresAtMs`, when the session expires anyway. */
  revokeSession(sid: string, expiresAtMs: number): void
  /** Revokes all sessions of an athlete that were minted at `beforeMs` (epoch ms) or earlier. */
  revokeAthlete(athleteId: string, beforeMs: number): void
  /** Revokes all sessions of everybody that were minted at `beforeMs` (epoch ms) or earlier. */
  revokeAll(beforeMs: number): void
  isRevoked(session: Session): boolean
  /** Drops expired revocations. Every revocation does so too, at most once a minute. */
  prune(): void
  /** Number of revocations kept. */
  readonly size: number
}

export interface RevocationsOptions {
  readonly clock: { now(): number }
  /** Maximum lifetime of a session; default 30 days. */
  readonly maxTtlMs?: number
}

const PRUNE_INTERVAL_MS = 60_000

/** Creates an empty set; the caller feeds it. Order and repetition do not matter. */
export function createRevocations({
  clock,
  maxTtlMs = DEFAULT_SESSION_TTL_MS,
}: RevocationsOptions): Revocations {
  const expiryBySid = new Map<string, number>()
  const revokedBefore = new Map<string, number>()
  let allRevokedBefore = Number.NEGATIVE_INFINITY
  let prunedAtMs = clock.now()

  function prune(): void {
    prunedAtMs = clock.now()
    for (const [sid, expiresAtMs] of expiryBySid) {
      if (expiresAtMs <= prunedAtMs) expiryBySid.delete(sid)
    }
    for (const [athleteId, beforeMs] of revokedBefore) {
      if (beforeMs + maxTtlMs <= prunedAtMs) revokedBefore.delete(athleteId)
    }
  }

  function pruneWhenDue(): void {
    if (clock.now() - prunedAtMs >= PRUNE_INTERVAL_MS) prune()
  }

  return {
    revokeSession(sid, expiresAtMs) {
      pruneWhenDue()
      expiryBySid.set(sid, Math.max(expiresAtMs, expiryBySid.get(sid) ?? expiresAtMs))
    },
    revokeAthlete(athleteId, beforeMs) {
      pruneWhenDue()
      revokedBefore.set(athleteId, Math.max(beforeMs, revokedBefore.get(athleteId) ?? beforeMs))
    },
    revokeAll(beforeMs) {
      allRevokedBefore = Math.max(allRevokedBefore, beforeMs)
    },
    isRevoked({ sid, athleteId, issuedAtMs }) {
      const beforeMs = revokedBefore.get(athleteId)
      if (issuedAtMs <= allRevokedBefore) return true
      return expiryBySid.has(sid) || (beforeMs !== undefined && issuedAtMs <= beforeMs)
    },
    prune,
    get size() {
      return expiryBySid.size + revokedBefore.size
    },
  }
}
