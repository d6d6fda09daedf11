import { randomUUID } from 'node:crypto'
import type { Lane } from '@ikigai/contracts'
import { type Db, quotaLedger, type Tx } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Moment, measureSkew, momentOf, type Skew } from './moment.ts'
import { type Refusal, reserve } from './rules.ts'
import { type Outcome, settle } from './settle.ts'
import {
  initialState,
  type Lease,
  type LedgerState,
  LedgerStateSchema,
  type Limits,
  STATE_FORM,
} from './state.ts'

/** The quota ledger of the Strava application, shared by all replicas. */
export interface Ledger {
  /** Takes one call for a lane, or says why not. `now` is epoch ms. */
  reserve(lane: Lane, now: number): Promise<{ lease: Lease } | { refusal: Refusal }>
  /** Ends a lease with what the call met. */
  settle(lease: Lease, outcome: Outcome, now: number): Promise<void>
  /** The state as it is stored; see `explain` and `quotaStatus`. */
  read(): Promise<LedgerState>
}

/** The stored ledger is not what this release writes. */
export class LedgerStateError extends Error {
  override readonly name = 'LedgerStateError'
}

/** Strava has one application; its ledger is one row. */
const ID = 'strava'
const validator = Compile(LedgerStateSchema)

/**
 * A lease outlives every call that can still be under way (the client's time-out is shorter), so a crashed
 * replica's call counts as spent until it cannot reach Strava any more.
 */
export const LEASE_MS = 30_000

/**
 * Opens the ledger. The rules are pure functions of the state; a row lock makes each step atomic over replicas,
 * so that what is simulated is what runs.
 * @param limits hold until Strava's headers say otherwise
 */
export function openLedger(db: Db, limits: { read: Limits; overall: Limits }): Ledger {
  // Of this replica's clock: the others measure their own.
  let skew: Skew | undefined

  const change = <T>(
    moment: Moment,
    step: (state: LedgerState) => { state: LedgerState; result: T },
  ): Promise<T> =>
    db.transaction(async (tx) => {
      const { state, result } = step(await lockState(tx, limits, moment))
      await tx
        .update(quotaLedger)
        .set({ state, updatedAt: new Date(moment.now) })
        .where(eq(quotaLedger.id, ID))
      return result
    })

  return {
    reserve: (lane, now) => {
      const moment = momentOf(now, skew)
      return change(moment, (state) => {
        const answer = reserve(state, { id: randomUUID(), lane, now: moment, leaseMs: LEASE_MS })
        const result = 'lease' in answer ? { lease: answer.lease } : { refusal: answer.refusal }
        return { state: answer.state, result }
      })
    },
    settle: (lease, outcome, now) => {
      const { answeredAt: date } = outcome
      if (date !== undefined) skew = measureSkew(skew, { date, sentAt: lease.askedAt, receivedAt: now })
      const moment = momentOf(now, skew)
      return change(moment, (state) => ({ state: settle(state, lease, outcome, moment), result: undefined }))
    },
    read: async () => (await readLedger(db)) ?? initialState(limits, 0),
  }
}

async function lockState(
  tx: Tx,
  limits: { read: Limits; overall: Limits },
  { now, earliest }: Moment,
): Promise<LedgerState> {
  const query = () => tx.select().from(quotaLedger).where(eq(quotaLedger.id, ID)).for('update')
  const [row] = await query()
  if (row !== undefined) return parse(row.state)
  const first = { id: ID, state: initialState(limits, earliest), updatedAt: new Date(now) }
  await tx.insert(quotaLedger).values(first).onConflictDoNothing()
  const [made] = await query()
  return parse(made?.state)
}

/** The stored state, or undefined before the first call. For readers: the gateway, the operator's commands. */
export async function readLedger(db: Db | Tx): Promise<LedgerState | undefined> {
  const [row] = await db.select().from(quotaLedger).where(eq(quotaLedger.id, ID))
  return row === undefined ? undefined : parse(row.state)
}

const formOf = Compile(Type.Object({ form: Type.Integer() }))

/** Never guessed at: to begin anew would be to forget what is spent. */
function parse(value: unknown): LedgerState {
  if (validator.Check(value)) return value
  const form = formOf.Check(value) ? value.form : 'none'
  throw new LedgerStateError(
    form === STATE_FORM
      ? 'the stored quota ledger is damaged'
      : `the stored quota ledger is of form ${form}; this release reads and writes form ${STATE_FORM}`,
  )
}
