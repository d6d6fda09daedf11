import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lane } from '@ikigai/contracts'
import { type Db, quotaLedger, type Tx } from '@ikigai/db'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { type Denial, reserve } from './admission.ts'
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
   * Claims work of a lane and reserves one call for it, in one commit. If the call is denied it claims nothing, except in the
   * rare case that another replica took the call at the same moment. Undefined: there was nothing to claim.
   * `isWaitedFor`: see `check`.
   */
  reserveFor<Work>(
    lane: Lane,
    now: number,
    claim: Claim<Work>,
    options?: { readonly isWaitedFor: boolean },
  ): Promise<Admission<Work> | undefined>
  /** Ends a lease with the outcome of its call. @returns the ledger after that */
  settle(lease: Lease, outcome: Outcome, now: number): Promise<LedgerState>
  /** The state as it is stored; see `check` and `quotaStatus`. */
  read(): Promise<LedgerState>
}

/** Result of {@link Ledger.reserve}. */
export type Reservation = { readonly lease: Lease } | { readonly denial: Denial }

/** Result of {@link Ledger.reserveFor}. */
export type Admission<Work> =
  | { readonly work: Work; readonly lease: Lease }
  | { readonly work: Work | undefined; readonly denial: Denial }

/**
 * Claims work with one statement that has a CTE `claimed` and contains `reservation` as another CTE.
 * @returns the work and the `version` that the reservation returned (null: none); undefined if there is no work
 */
export type Claim<Work> = (
  db: Db | Tx,
  reservation: SQL,
) => Promise<{ readonly work: Work; readonly version: string | null } | undefined>

/** The stored ledger is not what this release writes. */
export class LedgerStateError extends Error {
  override readonly name = 'LedgerStateError'
}

/** Other replicas have written before this one {@link MAX_ATTEMPTS} times in a row. */
export class LedgerContentionError extends Error {
  override readonly name = 'LedgerContentionError'
}

/** Strava has one application; its ledger is one row. */
const ID = 'strava'
const validator = Compile(LedgerStateSchema)

/**
 * A lease outlives every call that can still be under way (the client's time-out is shorter), so a crashed
 * replica's call counts as spent until it cannot reach Strava any more.
 */
export const LEASE_MS = 30_000

/** After a conflict a step is tried again at once, and then after a random pause up to this (ms). */
const MAX_BACKOFF_MS = 4
const MAX_ATTEMPTS = 100

/**
 * Opens the ledger. The rules are pure functions of the state; the row is written by optimistic concurrency control: a step
 * is computed from the row as this replica last knew it and written on condition that its version is still the same.
 * @param limits hold until Strava's headers say otherwise
 */
export function openLedger(db: Db, limits: { read: Limits; overall: Limits }): Ledger {
  // Of this replica's clock: the others measure their own.
  let offset: ClockOffset | undefined
  let cached: Row | undefined
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
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const { row, state, result } = await prepare(bound, step)
      if (state === undefined) {
        cached = row
        return result
      }
      const version = await compareAndSet(db, row.version, state, bound)
      if (version !== undefined) {
        cached = { state, version }
        return result
      }
      if (attempt > 1) await sleep(Math.random() * MAX_BACKOFF_MS)
    }
    throw new LedgerContentionError(`the quota ledger changed ${MAX_ATTEMPTS} times during one step`)
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
      const deliveries = await run(bound, (before) => {
        let state: LedgerState | undefined
        const result = batch.map(({ compute }) => {
          const next = compute(state ?? before)
          state = next.state ?? state
          return next.deliver
        })
        return { state, result }
      })
      for (const deliver of deliveries) deliver()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  const reserving =
    (lane: Lane, bound: ClockBound, isWaitedFor = false): Step<Reservation> =>
    (state) => {
      const request = { id: randomUUID(), lane, now: bound, leaseMs: LEASE_MS, isWaitedFor }
      const answer = reserve(state, request)
      if ('denial' in answer) return { state: undefined, result: { denial: answer.denial } }
      return { state: answer.state, result: { lease: answer.lease } }
    }

  const reserveFor = async <Work>(
    bound: ClockBound,
    step: Step<Reservation>,
    claim: Claim<Work>,
  ): Promise<Admission<Work> | undefined> => {
    const { row, state, result } = await prepare(bound, step)
    if (state === undefined || 'denial' in result) {
      cached = row
      return 'denial' in result ? { work: undefined, ...result } : undefined
    }
    const claimed = await claim(db, writeClaimed(row.version, state, bound))
    if (claimed === undefined) {
      cached = row
      return undefined
    }
    const { work, version } = claimed
    if (version === null) return { work, ...(await run(bound, step)) }
    cached = { state, version }
    return { work, ...result }
  }

  return {
    reserve: (lane, now) => {
      const bound = boundsOf(now, offset)
      return submit(bound, reserving(lane, bound))
    },
    reserveFor: (lane, now, claim, options) => {
      const bound = boundsOf(now, offset)
      return inTurn(() => reserveFor(bound, reserving(lane, bound, options?.isWaitedFor), claim))
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

interface Row {
  readonly state: LedgerState
  readonly version: string
}

/** @returns the row's new version; undefined if another replica has written since `version` */
async function compareAndSet(
  db: Db,
  version: string,
  state: LedgerState,
  { now }: ClockBound,
): Promise<string | undefined> {
  const [row] = await db
    .update(quotaLedger)
    .set({ state, version: sql`version + 1`, updatedAt: new Date(now) })
    .where(and(eq(quotaLedger.id, ID), sql`version = ${version}::bigint`))
    .returning({ version: sql<string>`version::text` })
  return row?.version
}

/** As {@link compareAndSet}, as part of a statement that has claimed work: see {@link Claim}. */
const writeClaimed = (version: string, state: LedgerState, { now }: ClockBound): SQL => sql`
  update ${quotaLedger} set state = ${JSON.stringify(state)}::jsonb, version = version + 1,
    updated_at = ${new Date(now).toISOString()}::timestamptz
  where id = ${ID} and exists (select from claimed) and version = ${version}::bigint
  returning version::text`

async function loadRow(
  db: Db,
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

async function selectRow(db: Db | Tx): Promise<Row | undefined> {
  const [row] = await db.select().from(quotaLedger).where(eq(quotaLedger.id, ID))
  return row && { state: parse(row.state), version: String(row.version) }
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
