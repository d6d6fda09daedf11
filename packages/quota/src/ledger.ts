import { randomUUID } from 'node:crypto'
import type { Lane } from '@ikigai/contracts'
import { type Db, quotaLedger, sendWithCommit, type Tx } from '@ikigai/db'
import { eq, type SQL, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { advanceTo, type Denial, reserve } from './admission.ts'
import { afterOtherFailure } from './circuit-breaker.ts'
import { boundsOf, type ClockBound, type ClockOffset, measureOffset } from './clock-bound.ts'
import { type Outcome, settle } from './settle.ts'
import {
  initialState,
  type Lease,
  type LedgerState,
  LedgerStateSchema,
  type Limits,
  STATE_VERSION,
} from './state.ts'

/** The quota ledger of the Strava application, shared by all replicas. */
export interface Ledger {
  /** Reserves one call for a lane, or denies it with the reason. `now` is epoch ms. */
  reserve(lane: Lane, now: number): Promise<Reservation>
  /**
   * Claims work of a lane and reserves a call for each piece, in one commit, which also writes the settlements that wait. If
   * the call is denied it claims nothing, except in the rare case that another replica took the calls at the same moment.
   */
  reserveFor<Work>(lane: Lane, request: ClaimRequest, claim: Claim<Work>): Promise<Admission<Work>>
  /** Ends a lease with the outcome of its call. @returns the ledger after that */
  settle(lease: Lease, outcome: Outcome, now: number): Promise<LedgerState>
  /** Notes that Strava failed where no call of the ledger was made: at its token endpoint. It trips nothing. */
  noteFailure(now: number): Promise<LedgerState>
  /** The state as it is stored; see `check` and `quotaStatus`. */
  read(): Promise<LedgerState>
}

/** Result of {@link Ledger.reserve}. */
export type Reservation = { readonly lease: Lease } | { readonly denial: Denial }

/** How much is claimed at once. */
export interface ClaimRequest {
  /** Epoch ms. */
  readonly now: number
  readonly atMost: number
  /** See `check`; false by default. */
  readonly isWaitedFor?: boolean
}

/** Result of {@link Ledger.reserveFor}. */
export interface Admission<Work> {
  /** Work that was claimed, each piece with its lease; without one its call was denied after all. */
  readonly works: readonly { readonly work: Work; readonly lease: Lease | undefined }[]
  /** Why a call was denied: the next one would be as well. */
  readonly denial: Denial | undefined
}

/**
 * Claims up to `atMost` pieces of work with one statement that has a CTE `claimed` and contains `reservation` as another
 * CTE.
 * @returns the work and the `version` that the reservation returned (null: none)
 */
export type Claim<Work> = (
  db: Db | Tx,
  reservation: SQL,
  atMost: number,
) => Promise<{ readonly works: readonly Work[]; readonly version: string | null }>

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

/** PostgreSQL ends the transaction of a replica that holds the row for longer without a word: ms. */
const MAX_HOLD_MS = 2_000

/**
 * Opens the ledger. The rules are pure functions of the state; the row is written by optimistic concurrency control: a step
 * is computed from the row as this replica last knew it and written on condition that its version is still the same. If another
 * replica has written, it is computed once more, from the row under its lock; so are the next steps while others write too.
 * @param limits hold until Strava's headers say otherwise
 */
export function openLedger(db: Db, limits: { read: Limits; overall: Limits }): Ledger {
  // Of this replica's clock: the others measure their own.
  let offset: ClockOffset | undefined
  let cached: Row | undefined
  /** Whether another replica has written since this one last did. */
  let isContended = false
  let last: Promise<unknown> = Promise.resolve()
  let pending: Pending[] = []

  /** Steps of this replica follow one another: side by side they would only conflict. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => {})
    return next
  }

  /** Computes a step. One that writes nothing is computed from the row as it is stored now: another replica may have written. */
  const prepare = async <T>(bound: ClockBound, step: Step<T>) => {
    const known = cached
    cached = undefined
    const row = known ?? (await loadRow(db, limits, bound))
    const done = step(row.state)
    if (done.state !== undefined || known === undefined) return { row, ...done }
    const fresh = await loadRow(db, limits, bound)
    return { row: fresh, ...step(fresh.state) }
  }

  const run = async <T>(bound: ClockBound, step: Step<T>): Promise<T> => {
    if (isContended) return runUnderLock(bound, step)
    const { row, state, result } = await prepare(bound, step)
    if (state === undefined) {
      cached = row
      return result
    }
    const version = await compareAndSet(db, row.version, state, bound)
    if (version === undefined) return runUnderLock(bound, step)
    cached = { state, version }
    return result
  }

  const runUnderLock = async <T>(bound: ClockBound, step: Step<T>): Promise<T> => {
    const known = cached?.version
    cached = undefined
    const done = await db.transaction(async (tx) => {
      const row = await lockRow(tx, limits, bound)
      const { state = row.state, result } = step(row.state)
      if (state === row.state) return { row, result, found: row.version }
      const write = () => compareAndSet(tx, row.version, state, bound)
      const version = await sendWithCommit(tx, write)
      if (version === undefined) throw new LedgerStateError('the quota ledger has changed under its lock')
      return { row: { state, version }, result, found: row.version }
    })
    cached = done.row
    isContended = done.found !== known
    return done.result
  }

  /** Runs a step with all others of this replica that wait: they share one write. */
  const submit = <T>(bound: ClockBound, step: Step<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const compute = (before: LedgerState) => {
        const { state, result } = step(before)
        return { state, deliver: () => resolve(result) }
      }
      pending.push({ compute, reject })
      void inTurn(() => runPending(bound))
    })

  const runPending = async (bound: ClockBound): Promise<void> => {
    const batch = pending
    pending = []
    if (batch.length === 0) return
    try {
      for (const deliver of await run(bound, together(batch))) deliver()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  const reserving =
    (lane: Lane, bound: ClockBound, isWaitedFor = false): Step<Reservation> =>
    (state) => {
      const { states, leases, denial } = reserveSome(state, lane, bound, { atMost: 1, isWaitedFor })
      const [lease] = leases
      if (lease !== undefined) return { state: states[0], result: { lease } }
      if (denial === undefined) throw new Error('a call is admitted or denied')
      return { state: undefined, result: { denial } }
    }

  const reserveFor = async <Work>(
    lane: Lane,
    bound: ClockBound,
    { atMost, isWaitedFor = false }: ClaimRequest,
    claim: Claim<Work>,
  ): Promise<Admission<Work>> => {
    const settling = [...pending]
    if (isContended) cached = undefined
    const { row, result } = await prepare(bound, (before) => {
      const { state = before, result: deliveries } = together(settling)(before)
      const result = { ...reserveSome(state, lane, bound, { atMost, isWaitedFor }), deliveries }
      return { state: result.states[0], result }
    })
    cached = row
    const { states, leases, denial, deliveries } = result
    if (leases.length === 0) return { works: [], denial }
    const { works, version } = await claim(db, writeClaimed(row.version, states, bound), leases.length)
    if (works.length === 0) return { works: [], denial: undefined }
    const written = states[works.length - 1]
    if (version !== null && written !== undefined) {
      pending = pending.filter((each) => !settling.includes(each))
      cached = { state: written, version }
      for (const deliver of deliveries) deliver()
      const admitted = works.map((work, place) => ({ work, lease: leases[place] }))
      return { works: admitted, denial: works.length === leases.length ? denial : undefined }
    }
    // Another replica has written in between: the work is ours, and the calls are taken now.
    const late = await runUnderLock(bound, (before) => {
      const result = reserveSome(before, lane, bound, { atMost: works.length, isWaitedFor })
      return { state: result.states.at(-1), result }
    })
    return {
      works: works.map((work, place) => ({ work, lease: late.leases[place] })),
      denial: late.denial,
    }
  }

  return {
    reserve: (lane, now) => {
      const bound = boundsOf(now, offset)
      return submit(bound, reserving(lane, bound))
    },
    reserveFor: (lane, request, claim) => {
      const bound = boundsOf(request.now, offset)
      return inTurn(() => reserveFor(lane, bound, request, claim))
    },
    settle: (lease, outcome, now) => {
      const { answeredAt: date } = outcome
      if (date !== undefined)
        offset = measureOffset(offset, { date, sentAt: lease.reservedAtLocal, receivedAt: now })
      const bound = boundsOf(now, offset)
      const step = (state: LedgerState) => {
        const settled = settle(state, lease, outcome, bound)
        return { state: settled, result: settled }
      }
      return submit(bound, step)
    },
    noteFailure: (now) => {
      const bound = boundsOf(now, offset)
      return submit(bound, (before) => {
        const state = advanceTo(before, bound)
        const noted = { ...state, breaker: afterOtherFailure(state.breaker, bound.earliest) }
        return { state: noted, result: noted }
      })
    },
    read: async () => (await readLedger(db)) ?? initialState(limits, 0),
  }
}

/** Computes the next state; undefined if nothing has to be written. */
type Step<T> = (state: LedgerState) => { readonly state: LedgerState | undefined; readonly result: T }

/** A step that waits for the write before it. */
interface Pending {
  compute(before: LedgerState): { readonly state: LedgerState | undefined; deliver(): void }
  reject(error: unknown): void
}

/** Several steps as one. */
const together =
  (batch: readonly Pending[]): Step<(() => void)[]> =>
  (before) => {
    let state: LedgerState | undefined
    const result = batch.map(({ compute }) => {
      const next = compute(state ?? before)
      state = next.state ?? state
      return next.deliver
    })
    return { state, result }
  }

/** Takes calls for a lane, `atMost` so many: the state after each of them, and why there was not another. */
function reserveSome(
  before: LedgerState,
  lane: Lane,
  now: ClockBound,
  { atMost, isWaitedFor }: { readonly atMost: number; readonly isWaitedFor: boolean },
) {
  const states: LedgerState[] = []
  const leases: Lease[] = []
  while (leases.length < atMost) {
    const request = { id: randomUUID(), lane, now, leaseMs: LEASE_MS, isWaitedFor }
    const answer = reserve(states.at(-1) ?? before, request)
    if ('denial' in answer) return { states, leases, denial: answer.denial }
    states.push(answer.state)
    leases.push(answer.lease)
  }
  return { states, leases, denial: undefined }
}

interface Row {
  readonly state: LedgerState
  readonly version: string
}

/** Writes the state if the row's version is still `version`. @returns the new version, or undefined if it is another one */
async function compareAndSet(
  db: Db | Tx,
  version: string,
  state: LedgerState,
  { now }: ClockBound,
): Promise<string | undefined> {
  const [row] = await db.execute<{ version: string }>(sql`
    update ${quotaLedger} set state = ${JSON.stringify(state)}::text::jsonb, version = version + 1,
      updated_at = ${new Date(now).toISOString()}::timestamptz
    where id = ${ID} and version = ${version}::bigint
    returning version::text as version`)
  return row?.version
}

/** As {@link compareAndSet}, as part of a statement that claims work: writes the state for as much as it has claimed. */
const writeClaimed = (version: string, states: readonly LedgerState[], { now }: ClockBound): SQL => sql`
  update ${quotaLedger} set state = (array[${sql.join(
    states.map((state) => sql`${JSON.stringify(state)}::text`),
    sql`, `,
  )}])[(select count(*)::int from claimed)]::jsonb,
    version = version + 1, updated_at = ${new Date(now).toISOString()}::timestamptz
  where id = ${ID} and exists (select from claimed) and version = ${version}::bigint
  returning version::text`

async function loadRow(
  db: Db | Tx,
  limits: { read: Limits; overall: Limits },
  { now, earliest }: ClockBound,
): Promise<Row> {
  const row = await selectRow(db)
  if (row !== undefined) return row
  const first = { id: ID, state: initialState(limits, earliest), updatedAt: new Date(now) }
  await db.insert(quotaLedger).values(first).onConflictDoNothing()
  const made = await selectRow(db)
  if (made === undefined)
    throw new LedgerStateError('the row of the quota ledger was deleted while it was made')
  return made
}

/** Locks the row until the transaction ends. */
async function lockRow(tx: Tx, limits: { read: Limits; overall: Limits }, bound: ClockBound): Promise<Row> {
  const limitHold = tx.execute(sql.raw(`set local idle_in_transaction_session_timeout = ${MAX_HOLD_MS}`))
  const locking = tx.select().from(quotaLedger).where(eq(quotaLedger.id, ID)).for('no key update').execute()
  // Sent together, run one after the other.
  const [, [row]] = await Promise.all([limitHold, locking])
  if (row !== undefined) return rowOf(row)
  await loadRow(tx, limits, bound)
  return lockRow(tx, limits, bound)
}

const rowOf = ({ state, version }: typeof quotaLedger.$inferSelect): Row => ({
  state: parse(state),
  version: String(version),
})

async function selectRow(db: Db | Tx): Promise<Row | undefined> {
  const [row] = await db.select().from(quotaLedger).where(eq(quotaLedger.id, ID))
  return row && rowOf(row)
}

/** The stored state, or undefined before the first call. For readers: the gateway, the operator's commands. */
export async function readLedger(db: Db | Tx): Promise<LedgerState | undefined> {
  return (await selectRow(db))?.state
}

const versionOf = Compile(Type.Object({ stateVersion: Type.Integer() }))

/** Throws instead of starting with an empty ledger, which would forget the calls already made. */
function parse(value: unknown): LedgerState {
  if (validator.Check(value)) return value
  const version = versionOf.Check(value) ? value.stateVersion : 'none'
  throw new LedgerStateError(
    version === STATE_VERSION
      ? 'the stored quota ledger is damaged'
      : `the stored quota ledger is of version ${version}; this release reads and writes version ${STATE_VERSION}`,
  )
}
