import { type Clock, type Logger, type PeriodicTask, runPeriodically } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { type KeyRing, SealedTextError } from '@ikigai/keyring'
import type { GrantStore } from '../grants/grant-store.ts'
import type { AuthMetrics } from '../metrics.ts'
import { markReadability } from './readability.ts'
import { SEALED_TABLES, type SealedRow, type SealedTable } from './sealed-tables.ts'

export interface ResealOptions {
  readonly db: Db
  readonly keys: KeyRing
  readonly store: GrantStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<AuthMetrics, 'unreadable'>
}

const LOOK_EVERY_MS = 600_000
const BATCH_SIZE = 500

/**
 * Opens everything sealed, at start and every ten minutes. What lies under another key than the ring's first one is sealed
 * anew, so that an old key can be taken out of the ring in the end. What does not open is reported: a key is lost, or the
 * ring is another database's. Any number of replicas may: a row that has changed meanwhile is left as it is.
 */
export function startResealing(options: ResealOptions): PeriodicTask {
  const { clock, logger } = options
  return runPeriodically(
    LOOK_EVERY_MS,
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
      const texts = open(keys, row)
      await markReadability(options, table, row, texts !== undefined)
      if (texts === undefined) unreadable += 1
      else if (!row.sealed.every(({ text }) => keys.isCurrent(text))) {
        const anew = row.sealed.map(({ context }, index) => keys.seal(texts[index] ?? '', context))
        if (await table.replace(db, row, anew)) resealed += 1
      }
    }
    after = rows.at(-1)?.id
    if (rows.length < BATCH_SIZE) break
  }
  if (signal.aborted) return
  metrics.unreadable(table.name, unreadable)
  if (resealed > 0) logger.info({ what: table.name, count: resealed }, 'sealed anew under the first key')
  if (unreadable > 0)
    logger.error(
      { what: table.name, count: unreadable },
      'TOKEN_ENCRYPTION_KEYS does not open what is sealed: put the missing key back; otherwise these athletes have to connect again',
    )
}

/** Undefined if one of them does not open: then all stay as they are. */
function open(keys: KeyRing, { sealed }: SealedRow): readonly string[] | undefined {
  try {
    return sealed.map(({ text, context }) => keys.open(text, context))
  } catch (error) {
    if (error instanceof SealedTextError) return undefined
    throw error
  }
}
