import type { ImportStatus } from '@ikigai/contracts'
import { type Db, imports, type Tx } from '@ikigai/db'
import { pagesBefore, readLedger } from '@ikigai/quota'
import { and, eq } from 'drizzle-orm'
import { ArrivalReader } from './arrival-store.ts'
import { estimateCompletion } from './completion.ts'
import { type EtaEstimate, type PublishedEta, parsePublishedEta, reviseEta } from './eta.ts'
import {
  othersOf,
  type PendingImport,
  type QueuedImport,
  readPendingImport,
  readQueuedImports,
  readWaiting,
} from './pending-import.ts'
import { Projection } from './projection.ts'

/** How long a projection and the lane are reused (ms): they are the same for all athletes, and expensive. */
const PROJECTION_TTL_MS = 1_000

/** How long a watcher is assumed to keep watching (ms). */
const WATCHES_MS = 600_000

/** Maximum length of a history of unknown length, as a multiple of the expected pages. */
const MAX_LENGTH_RATIO = 2

/** The columns of an import that its ETA depends on. */
export type ImportRow = Pick<
  typeof imports.$inferSelect,
  'athleteId' | 'state' | 'generation' | 'pages' | 'waitUntil' | 'publishedEta'
>

/** The fields of an import's status about its length and ETA. */
export type EtaStatus = Pick<
  ImportStatus,
  'activities_expected' | 'eta' | 'eta_latest' | 'eta_reason' | 'eta_change'
>

/** Estimates when imports will be complete. Create one per process, so that projections are shared. */
export class ImportEta {
  readonly #arrivals = new ArrivalReader()
  #last:
    | {
        readonly madeAt: number
        readonly projection: Projection | undefined
        readonly queued: readonly QueuedImport[]
      }
    | undefined

  /**
   * Revises the published ETA of a running import and stores it.
   * @param now epoch ms
   * @returns the ETA to publish; null before the first page
   */
  async revise(db: Db | Tx, row: ImportRow, now: number): Promise<PublishedEta | null> {
    if (row.state === 'complete') return null
    const pending = await readPendingImport(db, row.athleteId, new Date(now))
    if (pending === undefined) return null
    const before = parsePublishedEta(row.publishedEta)
    const published = reviseEta(before, await this.#estimate(db, row, pending, now), now)
    if (JSON.stringify(published) !== JSON.stringify(before)) {
      const { athleteId, generation, pages } = row
      const isSame = and(
        eq(imports.athleteId, athleteId),
        eq(imports.generation, generation),
        eq(imports.pages, pages),
      )
      await db.update(imports).set({ publishedEta: published }).where(isSame)
    }
    return published
  }

  async #estimate(
    db: Db | Tx,
    { athleteId, waitUntil }: ImportRow,
    pending: PendingImport,
    now: number,
  ): Promise<EtaEstimate> {
    const { expected, fetched, pagesLeft, hasEvidence, isWatching } = pending
    const pages = fetched + pagesLeft
    const { projection, queued = [] } = hasEvidence ? await this.#shared(db, now) : {}
    if (projection === undefined) return { expected, pages, eta: Number.POSITIVE_INFINITY }
    const others = othersOf(queued, athleteId)
    const completion = (own: number) => {
      const { inTurn: pagesAhead, whileWatching } = pagesBefore(own, others)
      const watching = { pagesAheadWhileWatching: whileWatching, presentUntil: now + WATCHES_MS }
      const queue = { pagesLeft: own, pagesAhead, ...(isWatching ? watching : {}) }
      const end = estimateCompletion(projection, queue, now)
      return Math.max(end, waitUntil?.getTime() ?? 0)
    }
    const eta = completion(pagesLeft)
    if (expected !== null) return { expected, pages, eta, reason: projection.uncertainty }
    const latest = completion(MAX_LENGTH_RATIO * pagesLeft)
    return { expected, pages, eta, latest, reason: projection.uncertainty ?? 'history_length' }
  }

  /** The projection, which is undefined before the first call, and the lane `backfill`. */
  async #shared(db: Db | Tx, now: number) {
    const age = now - (this.#last?.madeAt ?? Number.NEGATIVE_INFINITY)
    if (this.#last !== undefined && age >= 0 && age < PROJECTION_TTL_MS) return this.#last
    const ledger = await readLedger(db)
    const projection =
      ledger &&
      new Projection(
        { ledger, waiting: await readWaiting(db), arrivals: await this.#arrivals.read(db, now) },
        now,
      )
    const queued = await readQueuedImports(db, new Date(now))
    this.#last = { madeAt: now, projection, queued }
    return this.#last
  }
}

const UNKNOWN: EtaStatus = {
  activities_expected: null,
  eta: null,
  eta_latest: null,
  eta_reason: null,
  eta_change: null,
}

/**
 * Converts the published ETA to the fields of an import's status. A complete import has only the number of activities. An ETA
 * in the past is omitted.
 * @param stored stored activities, the lower bound of the expected ones
 * @param now epoch ms
 */
export function etaStatus(
  published: unknown,
  state: ImportRow['state'],
  stored: number,
  now: number,
): EtaStatus {
  if (state === 'complete') return { ...UNKNOWN, activities_expected: stored }
  const known = parsePublishedEta(published)
  if (known === null) return UNKNOWN
  const { expected, eta, latest, reason, change } = known
  const activities_expected = expected === null ? null : Math.max(stored, expected)
  if (eta === null || (latest ?? eta) < now) return { ...UNKNOWN, activities_expected }
  return {
    activities_expected,
    eta: instant(eta),
    eta_latest: latest === null ? null : instant(latest),
    eta_reason: reason,
    eta_change: change && { at: instant(change.at), from: instant(change.from), reason: change.reason },
  }
}

const instant = (at: number) => new Date(at).toISOString()
