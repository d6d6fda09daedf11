import { setTimeout as delay } from 'node:timers/promises'
import { type Bus, INTERNAL, onSignal } from '@ikigai/bus'
import { type Db, sessionRevocations } from '@ikigai/db'
import type { Revocations } from '@ikigai/sessions'
import { and, gt, sql } from 'drizzle-orm'

/** Keeps this process's {@link Revocations} up to date with the rows that auth writes. */
export interface RevocationFeed {
  /** Whether the revocations have been read at least once: until then no session can be trusted. */
  isLoaded(): boolean
  /** Resolves when the first read has succeeded or failed. It never rejects. */
  readonly attempted: Promise<void>
  /** Resolves when everything committed before this call has been read. Rejects if PostgreSQL does not answer. */
  refresh(): Promise<void>
  stop(): Promise<void>
}

/** Dependencies of the feed. */
export interface RevocationFeedOptions {
  readonly db: Db
  readonly bus: Bus
  readonly clock: { now(): number }
  readonly revocations: Pick<
    Revocations,
    'revokeSession' | 'revokeAthlete' | 'revokeSessionsOf' | 'revokeAll'
  >
  /** Called after new revocations were read. */
  readonly onRevoked?: () => void
  /** Polling interval in ms, for revocations whose message was lost; default 500. */
  readonly pollIntervalMs?: number
}

/** Rows carry the start time of their transaction, but are visible from its commit on: no transaction takes longer than this (ms). */
const OVERLAP_MS = 120_000

/**
 * Reads the revocations at start, and new ones on every message, on reconnect to NATS, and every `pollIntervalMs`.
 */
export function startRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { db, bus, clock, revocations, onRevoked = () => {}, pollIntervalMs = 500 } = options
  const stopping = new AbortController()
  /** When the last read that succeeded began, by `performance.now()`. */
  let readAt: number | undefined
  let reading: Promise<void> | undefined
  let following: Promise<void> | undefined
  let failing = false

  const read = async () => {
    const startedAt = performance.now()
    const rows = await db
      .select()
      .from(sessionRevocations)
      .where(
        and(
          gt(sessionRevocations.expiresAt, new Date(clock.now())),
          readAt === undefined ? undefined : recordedWithin(startedAt - readAt + OVERLAP_MS),
        ),
      )
    readAt = startedAt
    for (const { sessionId, athleteId, sessionsOnly, expiresAt, revokedAt } of rows) {
      if (sessionId !== null) revocations.revokeSession(sessionId, expiresAt.getTime())
      else if (athleteId !== null && sessionsOnly)
        revocations.revokeSessionsOf(athleteId, revokedAt.getTime())
      else if (athleteId !== null) revocations.revokeAthlete(athleteId, revokedAt.getTime())
      else revocations.revokeAll(revokedAt.getTime())
    }
    if (rows.length > 0) onRevoked()
  }

  const begin = () => {
    reading = read().finally(() => {
      reading = undefined
    })
    return reading
  }

  /** A read in progress may have missed a row that was just committed, so a call during it waits for the next read. */
  const refresh = () => {
    if (reading === undefined) return begin()
    following ??= reading
      .catch(() => {})
      .then(() => {
        following = undefined
        return begin()
      })
    return following
  }

  const refreshQuietly = async () => {
    try {
      await refresh()
      if (failing) bus.logger.info('session revocations can be read again')
      failing = false
    } catch (error) {
      if (!failing) bus.logger.warn({ err: error }, 'session revocations cannot be read; trying again')
      failing = true
    }
  }

  const poll = async () => {
    await attempted
    while (!stopping.signal.aborted) {
      await delay(pollIntervalMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (!stopping.signal.aborted) await refreshQuietly()
    }
  }

  const subscription = onSignal(bus, INTERNAL.sessionRevoked, () => void refreshQuietly())
  const attempted = refreshQuietly()
  const polling = poll()
  bus.onReconnect(() => {
    if (!stopping.signal.aborted) void refreshQuietly()
  })

  return {
    isLoaded: () => readAt !== undefined,
    attempted,
    refresh,
    stop: async () => {
      stopping.abort()
      subscription.stop()
      await polling
    },
  }
}

/** The condition that a row was recorded within the last `ms`, by PostgreSQL's clock, which also set `recorded_at`. */
const recordedWithin = (ms: number) =>
  sql`${sessionRevocations.recordedAt} >= now() - make_interval(secs => ${ms / 1_000})`
