import { randomUUID } from 'node:crypto'
import type { Lane } from '@ikigai/contracts'
import { type Db, quotaLedger, type Tx } from '@ikigai/db'
import { and, eq, sql } from 'drizzle-orm'
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
 * Opens the ledger. The rules are pure functions of the state; each step is atomic over replicas, so that what is
 * simulated is what runs. Whoever made the last step knows the row as it is and writes the next one in one statement,
 * unless somebody else has written since; then, and for a while, steps lock the row first.
 * @param limits hold until Strava's headers say otherwise
 */
export function openLedger(db: Db, limits: { read: Limits; overall: Limits }): Ledger {
  // Of this replica's clock: the others measure their own.
  let skew: Skew | undefined
  let known: KnownRow | undefined
  let locksLeft = 0
  let last: Promise<unknown> = Promise.resolve()

  /** Steps of this replica follow one another: side by side they would be in each other's way. */
  const change = <T>(moment: Moment, step: Step<T>): Promise<T> => {
    const next = last.then(() => changeNow(moment, step))
    last = next.catch(() => {})
    return next
  }

  const changeNow = async <T>(moment: Moment, step: Step<T>): Promise<T> => {
    if (known !== undefined && locksLeft === 0) {
      const { state, result } = step(known.state)
      const version = await writeOver(db, known.version, state, moment)
      known = version === undefined ? undefined : { state, version }
      if (version !== undefined) return result
      locksLeft = LOCKS_AFTER_CONFLICT
    }
    locksLeft = Math.max(0, locksLeft - 1)
    const done = await db.transaction(async (tx) => {
      const { state, result } = step(await lockState(tx, limits, moment))
      return { state, result, version: await writeOver(tx, undefined, state, moment) }
    })
    known = done.version === undefined ? undefined : { state: done.state, version: done.version }
    return done.result
  }

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

type Step<T> = (state: LedgerState) => { state: LedgerState; result: T }

/** The row as this replica wrote it. */
interface KnownRow {
  readonly state: LedgerState
  /** The transaction that wrote it: Postgres's `xmin`. */
  readonly version: string
}

/** Where several replicas take turns, a guess at the row would mostly be wrong, and cost a statement. */
const LOCKS_AFTER_CONFLICT = 20

/** @param over what the row must still be. @returns the row's new version; undefined if somebody else has written */
async function writeOver(
  db: Db | Tx,
  over: string | undefined,
  state: LedgerState,
  { now }: Moment,
): Promise<string | undefined> {
  const unchanged = over === undefined ? undefined : sql`xmin = ${over}::xid`
  const [row] = await db
    .update(quotaLedger)
    .set({ state, updatedAt: new Date(now) })
    .where(and(eq(quotaLedger.id, ID), unchanged))
    .returning({ version: sql<string>`xmin::text` })
  return row?.version
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
