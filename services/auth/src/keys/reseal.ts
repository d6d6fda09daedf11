import { type Clock, every, type Logger, type Repetition } from '@ikigai/chassis'
import type { Db } from '@ikigai/db'
import { type KeyRing, SealedTextError } from '@ikigai/keyring'
import { SEALED_TABLES, type SealedTable } from './sealed-tables.ts'

export interface ResealOptions {
  readonly db: Db
  readonly keys: KeyRing
  readonly clock: Clock
  readonly logger: Logger
}

const LOOK_EVERY_MS = 600_000
const BATCH = 100

/**
 * Seals anew, in the background, what lies under another key than the ring's first one, so that an old key can be taken
 * out of the ring in the end. Any number of replicas may: a row that has changed meanwhile is left to whoever changed it.
 */
export function startResealing(options: ResealOptions): Repetition {
  return every(LOOK_EVERY_MS, (signal) => resealAll(options, signal), options.clock, options.logger)
}

async function resealAll(options: ResealOptions, signal: AbortSignal): Promise<void> {
  for (const table of SEALED_TABLES) await resealTable(options, table, signal)
}

async function resealTable(
  { db, keys, logger }: ResealOptions,
  table: SealedTable,
  signal: AbortSignal,
): Promise<void> {
  let done = 0
  let unreadable = 0
  let after: string | undefined
  while (!signal.aborted) {
    const rows = await table.underOldKeys(db, keys.currentPrefix, after, BATCH)
    for (const row of rows) {
      const anew = reseal(keys, row.sealed)
      if (anew === undefined) unreadable += 1
      else if (await table.replace(db, row, anew)) done += 1
    }
    after = rows.at(-1)?.id
    if (rows.length < BATCH) break
  }
  if (done > 0) logger.info({ what: table.name, count: done }, 'sealed anew under the first key')
  if (unreadable > 0)
    logger.error({ what: table.name, count: unreadable }, 'the ring lacks the key of what is sealed')
}

/** Undefined if one of them does not open: then all stay as they are. */
function reseal(
  keys: KeyRing,
  sealed: readonly { readonly text: string; readonly context: string }[],
): readonly string[] | undefined {
  try {
    return sealed.map(({ text, context }) => keys.seal(keys.open(text, context), context))
  } catch (error) {
    if (error instanceof SealedTextError) return undefined
    throw error
  }
}
