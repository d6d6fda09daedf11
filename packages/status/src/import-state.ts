import type { Connection, ImportStatus, Wait, WaitReason } from '@ikigai/contracts'
import { check, type LedgerState } from '@ikigai/quota'
import { reasonToReconnect } from './connection.ts'
import { isFailing, stravaStateOf } from './strava-state.ts'
import { waitOf } from './wait.ts'

/** The stored facts about an import. */
export interface ImportFacts {
  readonly state: 'queued' | 'running' | 'complete'
  readonly pages: number
  /** Why the last attempt stored no page. */
  readonly waitReason: WaitReason | undefined
  readonly waitUntil: Date | null
  /** Of a complete history: whether Strava has not confirmed all of it in the time for which it may be shown. */
  readonly isUnconfirmed: boolean
}

/**
 * Whether a history has not been listed whole for `maxAgeMs`, so that a part of it may be too old to be shown.
 *
 * @param listings when the import ended, and when the last complete resync began; null: there was none
 * @param now epoch ms
 */
export function isUnconfirmed(
  listings: readonly (Date | null | undefined)[],
  maxAgeMs: number,
  now: number,
): boolean {
  const times = listings.flatMap((at) => (at === null || at === undefined ? [] : [at.getTime()]))
  return times.length > 0 && Math.max(...times) <= now - maxAgeMs
}

/** State of an import, without its counts. */
export type ImportState = Pick<ImportStatus, 'state' | 'waiting'>

/**
 * State of an import, and what it waits for. A wait that only the athlete can end takes precedence, also for a complete
 * history, which is not updated meanwhile. `progress`: undefined before the import has begun. `ledger`: undefined before the
 * first call. `now` is epoch ms.
 */
export function importStateOf(
  progress: ImportFacts | undefined,
  connection: Connection,
  ledger: LedgerState | undefined,
  now: number,
): ImportState {
  const needed = reasonToReconnect(connection) ?? missingScope(progress)
  if (needed !== undefined) return { state: 'blocked', waiting: waitOf(needed) }
  if (progress?.state === 'complete')
    return { state: 'complete', waiting: progress.isUnconfirmed ? waitOf('unconfirmed') : null }
  return { state: progress?.state ?? 'queued', waiting: waitingFor(progress, ledger, now) }
}

/** `scope_missing` if Strava rejected a call for it, whatever scopes it reported at the sign-in. */
const missingScope = (progress: ImportFacts | undefined): 'scope_missing' | undefined =>
  progress?.state !== 'complete' && progress?.waitReason === 'scope_missing' ? 'scope_missing' : undefined

/** The longer of two waits: the last attempt's, and the ledger's at present. */
function waitingFor(
  progress: ImportFacts | undefined,
  ledger: LedgerState | undefined,
  now: number,
): Wait | null {
  // The first page is fetched in the lane `signup`, which leaves no headroom.
  const lane = progress === undefined || progress.pages === 0 ? 'signup' : 'backfill'
  const decision = ledger && check(ledger, lane, now)
  const ofAttempt = attemptWait(progress, ledger, now)
  if (decision?.allowed === false && (ofAttempt === undefined || endOf(ofAttempt) < decision.retryAt))
    return waitOf(decision.reason, decision.retryAt)
  if (ofAttempt !== undefined) return ofAttempt
  return progress?.state === 'running' ? null : waitOf('queued')
}

/** Reasons of an attempt's wait that the ledger does not have. */
const ATTEMPT_REASONS = new Set<WaitReason>(['strava_unavailable', 'service_unavailable', 'token_rejected'])

/** The wait of the last attempt, if it has not ended. For limits and outages the ledger is more recent. */
function attemptWait(
  progress: ImportFacts | undefined,
  ledger: LedgerState | undefined,
  now: number,
): Wait | undefined {
  const { waitReason: reason, waitUntil } = progress ?? {}
  // Reported by the state of the connection.
  if (reason === undefined || reason === 'needs_reauthorization') return undefined
  const until = waitUntil?.getTime()
  if (until !== undefined && until <= now) return undefined
  if (ledger === undefined) return waitOf(reason, until)
  if (!ATTEMPT_REASONS.has(reason)) return undefined
  const isOver = reason === 'strava_unavailable' && !isFailing(stravaStateOf(ledger, now))
  return waitOf(isOver ? 'queued' : reason, until)
}

const endOf = ({ until }: Wait) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until))
