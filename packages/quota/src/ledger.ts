import { randomUUID } from 'node:crypto'
import type { Lane } from '@ikigai/contracts'
import { type Db, quotaLedger, type Tx } from '@ikigai/db'
import { and, eq, type SQL, sql } from 'drizzle-orm'
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
  /**
   * Claims work of a lane and takes one call for it, in one commit. Without permission to call it claims nothing, but for the
   * rare case that somebody else has taken the call in the same moment. Undefined: there was nothing to claim.
   */
  reserveFor<Work>(lane: Lane, now: number, claim: Claim<Work>): Promise<Admission<Work> | undefined>
  /** Ends a lease with what the call met. @returns the ledger after that */
  settle(lease: Lease, outcome: Outcome, now: number): Promise<LedgerState>
  /** The state as it is stored; see `explain` and `quotaStatus`. */
  read(): Promise<LedgerState>
}

/** What {@link Ledger.reserveFor} comes to: the call may be made, or not before. */
export type Admission<Work> =
  | { readonly work: Work; readonly lease: Lease }
  | { readonly work: Work | undefined; readonly refusal: Refusal }

/**
 * Claims work with one statement, in which it names what it has claimed `claimed` and runs `reservation` beside it.
 * @returns the work and the `version` that the reservation returned (null: none); undefined when there is nothing to do
 */
export type Claim<Work> = (
  db: Db | Tx,
  reservation: SQL,
) => Promise<{ readonly work: Work; readonly version: string | null } | undefined>

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
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => {})
    return next
  }
  const change = <T>(moment: Moment, step: Step<T>): Promise<T> => inTurn(() => changeNow(moment, step))

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

  const reserving =
    (lane: Lane, moment: Moment): Step<Reservation> =>
    (state) => {
      const answer = reserve(state, { id: randomUUID(), lane, now: moment, leaseMs: LEASE_MS })
      const result = 'lease' in answer ? { lease: answer.lease } : { refusal: answer.refusal }
      return { state: answer.state, result }
    }

  const reserveFor = async <Work>(
    lane: Lane,
    moment: Moment,
    claim: Claim<Work>,
  ): Promise<Admission<Work> | undefined> => {
    const step = reserving(lane, moment)
    const guess = known !== undefined && locksLeft === 0 ? step(known.state) : undefined
    if (guess === undefined || known === undefined || 'refusal' in guess.result)
      return reserveLocked(moment, step, claim)
    const claimed = await claim(db, writing(known.version, guess.state, moment))
    if (claimed === undefined) return undefined
    const { work, version } = claimed
    known = version === null ? undefined : { state: guess.state, version }
    if (version !== null) return { work, ...guess.result }
    locksLeft = LOCKS_AFTER_CONFLICT
    return { work, ...(await changeNow(moment, step)) }
  }

  const reserveLocked = <Work>(
    moment: Moment,
    step: Step<Reservation>,
    claim: Claim<Work>,
  ): Promise<Admission<Work> | undefined> => {
    locksLeft = Math.max(0, locksLeft - 1)
    known = undefined
    return db
      .transaction(async (tx) => {
        const { state, result } = step(await lockState(tx, limits, moment))
        if ('refusal' in result) {
          const version = await writeOver(tx, undefined, state, moment)
          return { state, version, admission: { work: undefined, ...result } }
        }
        const claimed = await claim(tx, writing(undefined, state, moment))
        if (claimed === undefined) return undefined
        const { work, version } = claimed
        return { state, version: version ?? undefined, admission: { work, ...result } }
      })
      .then((done) => {
        if (done?.version !== undefined) known = { state: done.state, version: done.version }
        return done?.admission
      })
  }

  return {
    reserve: (lane, now) => {
      const moment = momentOf(now, skew)
      return change(moment, reserving(lane, moment))
    },
    reserveFor: (lane, now, claim) => {
      const moment = momentOf(now, skew)
      return inTurn(() => reserveFor(lane, moment, claim))
    },
    settle: (lease, outcome, now) => {
      const { answeredAt: date } = outcome
      if (date !== undefined) skew = measureSkew(skew, { date, sentAt: lease.askedAt, receivedAt: now })
      const moment = momentOf(now, skew)
      return change(moment, (state) => {
        const settled = settle(state, lease, outcome, moment)
        return { state: settled, result: settled }
      })
    },
    read: async () => (await readLedger(db)) ?? initialState(limits, 0),
  }
}

type Reservation = { readonly lease: Lease } | { readonly refusal: Refusal }

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

/** As {@link writeOver}, as part of a statement that has claimed work: see {@link Claim}. */
const writing = (over: string | undefined, state: LedgerState, { now }: Moment): SQL => sql`
  update ${quotaLedger} set state = ${JSON.stringify(state)}::jsonb, updated_at = ${new Date(now).toISOString()}::timestamptz
  where id = ${ID} and exists (select from claimed) ${over === undefined ? sql`` : sql`and xmin = ${over}::xid`}
  returning xmin::text as version`

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
