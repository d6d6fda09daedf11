import type { ImportStatus, StravaId } from '@ikigai/contracts'
import { type Db, estimateImport, type Tx, waitingBeside } from '@ikigai/db'
import { pagesBefore } from './fair-queue.ts'
import { importEnd } from './import-end.ts'
import { readLedger } from './ledger.ts'
import { Outlook } from './outlook.ts'

/** What is told of an import's end. */
export type ImportOutlook = Pick<ImportStatus, 'activities_expected' | 'eta'>

/** Nothing is known of it, or there is none to come. */
export const NO_OUTLOOK: ImportOutlook = { activities_expected: null, eta: null }

/** So long an outlook serves all who ask (ms): it is the application's, and costs far more than an athlete's part in it. */
const KEPT_MS = 1_000

/** An import, as far as its outlook hangs on it. */
export interface ImportToCome {
  readonly athleteId: StravaId
  readonly state: 'queued' | 'running' | 'complete'
  /** A wait that its last try met. */
  readonly waitUntil: Date | null
}

/** Tells how long imports are, and when their last pages will be there. One for a process, so that each outlook is made once. */
export class ImportOutlooks {
  #last: { readonly madeAt: number; readonly outlook: Outlook | undefined } | undefined

  /**
   * How long an import's history is, and when its last page will be there. Of a complete one just what is stored
   * is expected; nothing is known before the first page, nor where Strava has not said when the account began.
   * @param stored activities that are stored
   * @param now epoch ms
   */
  async of(db: Db | Tx, progress: ImportToCome, stored: number, now: number): Promise<ImportOutlook> {
    if (progress.state === 'complete') return { activities_expected: stored, eta: null }
    const estimate = await estimateImport(db, progress.athleteId, new Date(now))
    if (estimate === undefined) return NO_OUTLOOK
    const outlook = await this.#outlook(db, now)
    const { own, presentUntil } = estimate
    const others = pagesBefore({ pages: own, isWatching: presentUntil !== undefined }, estimate.others)
    const expected =
      outlook === undefined
        ? Number.POSITIVE_INFINITY
        : importEnd(outlook, { own, others, presentUntil }, now)
    const end = Math.max(expected, progress.waitUntil?.getTime() ?? 0)
    return {
      activities_expected: Math.max(stored, estimate.expected),
      eta: Number.isFinite(end) ? new Date(end).toISOString() : null,
    }
  }

  /** Undefined before the first call. */
  async #outlook(db: Db | Tx, now: number): Promise<Outlook | undefined> {
    const age = now - (this.#last?.madeAt ?? Number.NEGATIVE_INFINITY)
    if (this.#last !== undefined && age >= 0 && age < KEPT_MS) return this.#last.outlook
    const ledger = await readLedger(db)
    const outlook = ledger && new Outlook(ledger, await waitingBeside(db), now)
    this.#last = { madeAt: now, outlook }
    return outlook
  }
}
