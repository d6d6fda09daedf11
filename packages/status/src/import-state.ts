import type { Connection, ImportStatus, Wait, WaitReason } from '@ikigai/contracts'
import { check, type LedgerState } from '@ikigai/quota'
import { athletesPart } from './connection.ts'
import { isFailing, stravaStateOf } from './strava-state.ts'
import { waitOf } from './wait.ts'

/** What is stored of an import. */
export interface ImportFacts {
  readonly state: 'queued' | 'running' | 'complete'
  readonly pages: number
  /** What the last attempt met, if it brought no page. */
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
 * State of an import, and what it waits for. A wait that only the athlete can end comes first, also for a complete history,
 * which is not updated meanwhile. `progress`: undefined before it has begun. `ledger`: undefined before the first call. `now` is epoch ms.
 */
export function importStateOf(
  progress: ImportFacts | undefined,
  connection: Connection,
  ledger: LedgerState | undefined,
  now: number,
): ImportState {
  const needed = athletesPart(connection) ?? scopeMet(progress)
  if (needed !== undefined) return { state: 'blocked', waiting: waitOf(needed) }
  if (progress?.state === 'complete')
    return { state: 'complete', waiting: progress.isUnconfirmed ? waitOf('unconfirmed') : null }
  return { state: progress?.state ?? 'queued', waiting: waitingFor(progress, ledger, now) }
}

/** Strava rejected a call for a missing scope, whatever scopes it reported at the sign-in. */
const scopeMet = (progress: ImportFacts | undefined): 'scope_missing' | undefined =>
  progress?.state !== 'complete' && progress?.waitReason === 'scope_missing' ? 'scope_missing' : undefined

/** The longer of two waits: the one of the last attempt, and the one of the ledger now. */
function waitingFor(
  progress: ImportFacts | undefined,
  ledger: LedgerState | undefined,
  now: number,
): Wait | null {
  // The first page comes in the lane that leaves nothing to others.
  const lane = progress === undefined || progress.pages === 0 ? 'signup' : 'backfill'
  const decision = ledger && check(ledger, lane, now)
  const met = waitMet(progress, ledger, now)
  if (decision?.allowed === false && (met === undefined || endOf(met) < decision.retryAt))
    return waitOf(decision.reason, decision.retryAt)
  if (met !== undefined) return met
  return progress?.state === 'running' ? null : waitOf('queued')
}

/** Waits that the last attempt met and the ledger does not know of. */
const MET_ONLY = new Set<WaitReason>(['strava_unavailable', 'service_unavailable', 'token_rejected'])

/** The wait that the last attempt met, if it has not ended. The ledger knows later news of the limits and of Strava. */
function waitMet(
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
  if (!MET_ONLY.has(reason)) return undefined
  const isOver = reason === 'strava_unavailable' && !isFailing(stravaStateOf(ledger, now))
  return waitOf(isOver ? 'queued' : reason, until)
}

const endOf = ({ until }: Wait) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until))
