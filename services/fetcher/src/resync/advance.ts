import { imports, resyncs, type Tx } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import { withAthleteLock } from '../activities/athlete-lock.ts'
import type { Attempt } from '../schedule/attempt.ts'
import { type Ended, endAttempt } from '../schedule/end-attempt.ts'
import type { JobResult } from '../schedule/job-result.ts'
import { schedule } from '../schedule/schedule.ts'
import { nextResyncCall, type Resync, type ResyncDeps, updateResync } from './resync-row.ts'

/**
 * Applies a change to a run and ends the attempt in one transaction, unless the run has changed since it was read.
 * @param scopes those of the token that the answer was fetched with
 */
export async function advance(
  { db, clock }: Pick<ResyncDeps, 'db' | 'clock'>,
  attempt: Attempt,
  row: Resync,
  apply: (tx: Tx, now: Date) => Promise<void>,
  scopes?: readonly string[],
): Promise<JobResult> {
  const change = async (tx: Tx): Promise<Ended | undefined> => {
    if (!(await lockIfUnchanged(tx, row))) return undefined
    const now = new Date(clock.now())
    await apply(tx, now)
    return endAttempt(tx, attempt, { kind: 'done' }, now)
  }
  return { kind: 'done', ended: await withAthleteLock(db, row.athleteId, change, scopes) }
}

/** Stores the progress of a run and queues its next call. */
export async function continueRun(tx: Tx, row: Resync): Promise<void> {
  await updateResync(tx, row, row)
  await schedule(tx, [nextResyncCall(row)], row.updatedAt)
}

/** Locks the row. @returns whether it is unchanged: no other replica advanced the run, and no new import has begun */
export async function lockIfUnchanged(
  tx: Tx,
  { athleteId, run, step, generation }: Resync,
): Promise<boolean> {
  const [row] = await tx
    .select({
      run: resyncs.run,
      step: resyncs.step,
      state: resyncs.state,
      import: imports.generation,
    })
    .from(resyncs)
    .innerJoin(imports, eq(imports.athleteId, resyncs.athleteId))
    .where(eq(resyncs.athleteId, athleteId))
    .for('update', { of: resyncs })
  return row?.run === run && row.step === step && row.state !== 'idle' && row.import === generation
}
