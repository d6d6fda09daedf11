import { DEFAULT_SESSION_TTL_MS, type Session } from './session.ts'

/** The revocations known to this process. */
export interface Revocations {
  /** Revokes one session. It is kept until `expiresAtMs`, when the session expires anyway. */
  revokeSession(sid: string, expiresAtMs: number): void
  /** Revokes all sessions of an athlete, and tokens of apps and scripts, issued at `beforeMs` (epoch ms) or earlier. */
  revokeAthlete(athleteId: string, beforeMs: number): void
  /** Revokes all sessions and tokens of all athletes issued at `beforeMs` (epoch ms) or earlier. */
  revokeAll(beforeMs: number): void
  /** As {@link revokeAthlete}, except tokens of apps and scripts. */
  revokeSessionsOf(athleteId: string, beforeMs: number): void
  /** `scopes`: those of an app or a script; a session of the page has none and is not limited. */
  isRevoked(session: Session & { readonly scopes?: readonly string[] }): boolean
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

/** Creates an empty set. Revocations may be added in any order and repeatedly. */
export function createRevocations({
  clock,
  maxTtlMs = DEFAULT_SESSION_TTL_MS,
}: RevocationsOptions): Revocations {
  const expiryBySid = new Map<string, number>()
  const revokedBefore = new Map<string, number>()
  const sessionsRevokedBefore = new Map<string, number>()
  let allRevokedBefore = Number.NEGATIVE_INFINITY
  let prunedAtMs = clock.now()

  function prune(): void {
    prunedAtMs = clock.now()
    for (const [sid, expiresAtMs] of expiryBySid) {
      if (expiresAtMs <= prunedAtMs) expiryBySid.delete(sid)
    }
    for (const ends of [revokedBefore, sessionsRevokedBefore]) {
      for (const [athleteId, beforeMs] of ends) {
        if (beforeMs + maxTtlMs <= prunedAtMs) ends.delete(athleteId)
      }
    }
  }

  function pruneWhenDue(): void {
    if (clock.now() - prunedAtMs >= PRUNE_INTERVAL_MS) prune()
  }

  function extend(ends: Map<string, number>, athleteId: string, beforeMs: number): void {
    pruneWhenDue()
    ends.set(athleteId, Math.max(beforeMs, ends.get(athleteId) ?? beforeMs))
  }

  return {
    revokeSession(sid, expiresAtMs) {
      pruneWhenDue()
      expiryBySid.set(sid, Math.max(expiresAtMs, expiryBySid.get(sid) ?? expiresAtMs))
    },
    revokeAthlete: (athleteId, beforeMs) => extend(revokedBefore, athleteId, beforeMs),
    revokeSessionsOf: (athleteId, beforeMs) => extend(sessionsRevokedBefore, athleteId, beforeMs),
    revokeAll(beforeMs) {
      allRevokedBefore = Math.max(allRevokedBefore, beforeMs)
    },
    isRevoked({ sid, athleteId, issuedAtMs, scopes }) {
      if (issuedAtMs <= allRevokedBefore) return true
      if (expiryBySid.has(sid) || covers(revokedBefore, athleteId, issuedAtMs)) return true
      return scopes === undefined && covers(sessionsRevokedBefore, athleteId, issuedAtMs)
    },
    prune,
    get size() {
      return expiryBySid.size + revokedBefore.size + sessionsRevokedBefore.size
    },
  }
}

function covers(ends: ReadonlyMap<string, number>, athleteId: string, issuedAtMs: number): boolean {
  const beforeMs = ends.get(athleteId)
  return beforeMs !== undefined && issuedAtMs <= beforeMs
}
