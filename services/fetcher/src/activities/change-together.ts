import { AsyncResource } from 'node:async_hooks'
import type { Logger } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { type Db, shareCommit, type Tx } from '@ikigai/db'
import { inBatches } from '../in-batches.ts'
import {
  type ChangeAthlete,
  hasSameRights,
  type LockedAthlete,
  lockAthletes,
  withAthleteLockAndRead,
} from './athlete-lock.ts'

/** Maximum number of athletes changed in one transaction. */
const BATCH_SIZE = 16

/** A change that waits for its transaction. */
interface Waiting {
  readonly athleteId: StravaId
  read(tx: Tx): Promise<void>
  apply(tx: Tx, athlete: LockedAthlete): Promise<void>
}

/**
 * Group commit: changes that are requested while a transaction runs share the next one, so a burst needs fewer commits and
 * round trips. Athletes are locked in one order and without waiting; a change whose athlete is locked elsewhere, or whose group
 * failed, gets a transaction of its own. A change may run twice, as that of any transaction.
 */
export function changingTogether(db: Db, logger: Logger): ChangeAthlete {
  const together = inBatches(
    { atMost: BATCH_SIZE, keyOf: ({ athleteId }: Waiting) => athleteId },
    (changes) => applyTogether(db, logger, changes),
  )
  return async <T, Read>(...args: Parameters<typeof changeOf<T, Read>>) => {
    const { waiting, result } = changeOf(...args)
    return (await together(waiting)) ? result() : withAthleteLockAndRead(db, ...args)
  }
}

/** The change as an item of a batch, in the trace of its caller. */
function changeOf<T, Read>(
  athleteId: StravaId,
  change: (tx: Tx, athlete: LockedAthlete, read: Read) => Promise<T>,
  under: readonly string[] | undefined,
  read: (tx: Tx) => Promise<Read>,
) {
  let known: Read
  let result: T | undefined
  const waiting: Waiting = {
    athleteId,
    read: AsyncResource.bind(async (tx: Tx) => {
      known = await read(tx)
    }),
    apply: AsyncResource.bind(async (tx: Tx, athlete: LockedAthlete) => {
      result = hasSameRights(athlete, under) ? await change(tx, athlete, known) : undefined
    }),
  }
  return { waiting, result: () => result }
}

/** @returns for each change whether it is done */
async function applyTogether(db: Db, logger: Logger, changes: readonly Waiting[]): Promise<boolean[]> {
  try {
    return await db.transaction(async (tx) => {
      const ids = changes.map(({ athleteId }) => athleteId)
      // Sent together: PostgreSQL reads once it has the locks.
      const [athletes] = await Promise.all([
        lockAthletes(tx, ids),
        Promise.all(changes.map((change) => change.read(tx))),
      ])
      const athletesById = new Map(athletes.map((athlete) => [athlete.id, athlete]))
      shareCommit(tx, athletes.length)
      await Promise.all(
        changes.map(async (change) => {
          const athlete = athletesById.get(change.athleteId)
          if (athlete !== undefined) await change.apply(tx, athlete)
        }),
      )
      return ids.map((id) => athletesById.has(id))
    })
  } catch (error) {
    if (changes.length === 1) throw error
    logger.warn({ err: error, changes: changes.length }, 'changes could not be stored together')
    return changes.map(() => false)
  }
}
