import { type Clock, type Logger, type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { ifOpens, type KeyRing } from '@ikigai/keyring'
import type { GrantStore } from '../grants/grant-store.ts'
import type { AuthMetrics } from '../metrics.ts'
import { markReadability } from './readability.ts'
import { SEALED_TABLES, type SealedTable } from './sealed-tables.ts'

export interface ResealOptions {
  readonly db: Db
  readonly keys: KeyRing
  readonly store: GrantStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<AuthMetrics, 'unreadable'>
}

const POLL_INTERVAL_MS = 600_000
const BATCH_SIZE = 500

/**
 * Decrypts every sealed value, at start and every ten minutes. A value under another key than the ring's first one is
 * resealed, so that the old key can be removed. A value that no key decrypts is reported: a key is missing. Any number of
 * replicas may run: a row that has changed meanwhile is skipped.
 */
export function startResealing(options: ResealOptions): PeriodicTask {
  const { clock, logger } = options
  return runPeriodically(
    POLL_INTERVAL_MS,
    async (signal) => {
      for (const table of SEALED_TABLES) await resealTable(options, table, signal)
    },
    clock,
    logger,
  )
}

async function resealTable(options: ResealOptions, table: SealedTable, signal: AbortSignal): Promise<void> {
  const { db, keys, logger, metrics } = options
  let resealed = 0
  let unreadable = 0
  let after: string | undefined
  while (!signal.aborted) {
    const rows = await table.rows(db, after, BATCH_SIZE)
    for (const row of rows) {
      // Undefined if one of them does not open: then all stay as they are.
      const texts = ifOpens(() => row.sealed.map(({ text, context }) => keys.open(text, context)))
      await markReadability(options, table, row, texts !== undefined)
      if (texts === undefined) unreadable += 1
      else if (!row.sealed.every(({ text }) => keys.isCurrent(text))) {
        const resealedTexts = row.sealed.map(({ context }, index) => keys.seal(texts[index] ?? '', context))
        if (await table.replace(db, row, resealedTexts)) resealed += 1
      }
    }
    after = rows.at(-1)?.id
    if (rows.length < BATCH_SIZE) break
  }
  if (signal.aborted) return
  metrics.unreadable(table.name, unreadable)
  if (resealed > 0) logger.info({ table: table.name, count: resealed }, 'resealed under the first key')
  if (unreadable > 0)
    logger.error(
      { table: table.name, count: unreadable },
      'TOKEN_ENCRYPTION_KEYS does not decrypt sealed values: restore the missing key; otherwise these athletes have to connect again',
    )
}
