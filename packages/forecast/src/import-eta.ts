import type { ImportStatus } from '@ikigai/contracts'
import { type Db, imports, type Tx } from '@ikigai/db'
import { pagesBefore, readLedger } from '@ikigai/quota'
import { and, eq } from 'drizzle-orm'
import { ArrivalReader } from './arrival-store.ts'
import { estimateCompletion } from './completion.ts'
import { type EtaEstimate, parseToldEta, reviseEta, type ToldEta } from './eta.ts'
import { type PendingImport, readPendingImport, readWaiting } from './pending-import.ts'
import { Projection } from './projection.ts'

/** A projection serves all who ask for so long (ms): it is the application's, and costs more than an athlete's part in it. */
const PROJECTION_TTL_MS = 1_000

/** An athlete who watches now is taken to stay for so long (ms): the gateways report it minute by minute. */
const WATCHES_MS = 600_000

/** A history of unknown length may have this many times the pages that are expected. */
const MAX_LENGTH_RATIO = 2

/** An import, as far as its end depends on it. */
export type ImportRow = Pick<
  typeof imports.$inferSelect,
  'athleteId' | 'state' | 'generation' | 'pages' | 'waitUntil' | 'toldEta'
>

/** What an import's status says of its length and end. */
export type EtaStatus = Pick<
  ImportStatus,
  'activities_expected' | 'eta' | 'eta_latest' | 'eta_reason' | 'eta_change'
>

/** Tells when imports will be complete. One for a process, so that each projection is made once. */
export class ImportEta {
  readonly #arrivals = new ArrivalReader()
  #last: { readonly madeAt: number; readonly projection: Projection | undefined } | undefined

  /**
   * Revises what is told of an import that is under way, and keeps it with the import.
   * @param now epoch ms
   * @returns what is told from now on; null before the first page
   */
  async tell(db: Db | Tx, row: ImportRow, now: number): Promise<ToldEta | null> {
    if (row.state === 'complete') return null
    const pending = await readPendingImport(db, row.athleteId, new Date(now))
    if (pending === undefined) return null
    const before = parseToldEta(row.toldEta)
    const told = reviseEta(before, await this.#estimate(db, pending, row.waitUntil, now), now)
    if (JSON.stringify(told) !== JSON.stringify(before)) {
      const { athleteId, generation, pages } = row
      const isSame = and(
        eq(imports.athleteId, athleteId),
        eq(imports.generation, generation),
        eq(imports.pages, pages),
      )
      await db.update(imports).set({ toldEta: told }).where(isSame)
    }
    return told
  }

  async #estimate(
    db: Db | Tx,
    pending: PendingImport,
    waitUntil: Date | null,
    now: number,
  ): Promise<EtaEstimate> {
    const { expected, fetched, pagesLeft, hasEvidence, others, isWatching } = pending
    const pages = fetched + pagesLeft
    const projection = hasEvidence ? await this.#projection(db, now) : undefined
    if (projection === undefined) return { expected, pages, eta: Number.POSITIVE_INFINITY }
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

  /** Undefined before the first call. */
  async #projection(db: Db | Tx, now: number): Promise<Projection | undefined> {
    const age = now - (this.#last?.madeAt ?? Number.NEGATIVE_INFINITY)
    if (this.#last !== undefined && age >= 0 && age < PROJECTION_TTL_MS) return this.#last.projection
    const ledger = await readLedger(db)
    const projection =
      ledger &&
      new Projection(
        { ledger, waiting: await readWaiting(db), arrivals: await this.#arrivals.read(db, now) },
        now,
      )
    this.#last = { madeAt: now, projection }
    return projection
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
 * What was told of an import, as its status has it: of a complete one, that all is there. An end that has passed is told
 * no more.
 * @param stored activities that are stored: never more than are expected
 * @param now epoch ms
 */
export function etaStatus(told: unknown, state: ImportRow['state'], stored: number, now: number): EtaStatus {
  if (state === 'complete') return { ...UNKNOWN, activities_expected: stored }
  const known = parseToldEta(told)
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
