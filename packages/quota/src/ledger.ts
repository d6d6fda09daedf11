import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lane } from '@ikigai/contracts'
import { type Db, quotaLedger, type Tx } from '@ikigai/db'
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

/** After a conflict a step is tried again at once, so many times, and then after a random pause up to this (ms). */
const MAX_PROMPT_ATTEMPTS = 4
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
      const { version, other } = await compareAndSet(db, row.version, state, bound)
      if (version !== undefined) {
        cached = { state, version }
        return result
      }
      if (attempt <= MAX_PROMPT_ATTEMPTS) cached = other
      else await sleep(Math.random() * MAX_BACKOFF_MS)
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
    const late = await run(bound, (before) => {
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

/** Result of {@link compareAndSet}: the row's new version, or the row that another replica has written since. */
interface Comparison {
  readonly version?: string
  /** Undefined if it cannot be told yet. */
  readonly other?: Row | undefined
}

/** Writes the state if the row's version is still `version`. One statement: a lost race costs no second one to learn the row. */
async function compareAndSet(
  db: Db,
  version: string,
  state: LedgerState,
  { now }: ClockBound,
): Promise<Comparison> {
  const [row] = await db.execute<{ written: string | null; version: string; state: string | null }>(sql`
    with written as (
      update ${quotaLedger} set state = ${JSON.stringify(state)}::text::jsonb, version = version + 1,
        updated_at = ${new Date(now).toISOString()}::timestamptz
      where id = ${ID} and version = ${version}::bigint
      returning version)
    select written.version::text as written, q.version::text as version,
      case when written.version is null then q.state end as state
    from ${quotaLedger} q left join written on true where q.id = ${ID}`)
  if (row === undefined) return {}
  if (row.written !== null) return { version: row.written }
  // A statement that had to wait for the other writer still sees the row as it was before.
  if (row.state === null || row.version === version) return {}
  return { other: { state: parse(JSON.parse(row.state)), version: row.version } }
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
