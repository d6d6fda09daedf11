import type { ImportStatus, StravaId } from '@ikigai/contracts'
import { type Db, estimateImport, type Tx } from '@ikigai/db'
import { importEnd } from './import-end.ts'
import type { LedgerState } from './state.ts'

/** What is told of an import's end. */
export type ImportOutlook = Pick<ImportStatus, 'activities_expected' | 'eta'>

/** Nothing is known of it, or there is none to come. */
export const NO_OUTLOOK: ImportOutlook = { activities_expected: null, eta: null }

/**
 * How long an import's history is, and when its last page will be there. Of a complete one just what is stored
 * is expected; nothing is known before the first page, nor where Strava has not said when the account began.
 * @param ledger undefined before the first call
 * @param now epoch ms
 */
export async function importOutlook(
  db: Db | Tx,
  progress: {
    readonly athleteId: StravaId
    readonly state: 'queued' | 'running' | 'complete'
    /** A wait that its last try met. */
    readonly waitUntil: Date | null
  },
  stored: number,
  ledger: LedgerState | undefined,
  now: number,
): Promise<ImportOutlook> {
  if (progress.state === 'complete') return { activities_expected: stored, eta: null }
  const estimate = await estimateImport(db, progress.athleteId)
  if (estimate === undefined) return NO_OUTLOOK
  const expected = ledger === undefined ? Number.POSITIVE_INFINITY : importEnd(ledger, estimate, now)
  const end = Math.max(expected, progress.waitUntil?.getTime() ?? 0)
  return {
    activities_expected: Math.max(stored, estimate.expected),
    eta: Number.isFinite(end) ? new Date(end).toISOString() : null,
  }
}
