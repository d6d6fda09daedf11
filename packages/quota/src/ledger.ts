import { setTimeout as sleep } from 'node:timers/promises'
import type { Lane } from '@ikigai/contracts'
import type { Db, Tx } from '@ikigai/db'
import type { SQL } from 'drizzle-orm'
import { advanceTo, type Denial } from './admission.ts'
import { afterOtherFailure } from './circuit-breaker.ts'
import { boundsOf, type ClockBound, type ClockOffset, measureOffset } from './clock-bound.ts'
import {
  compareAndSet,
  LedgerContentionError,
  type LedgerRow,
  loadRow,
  readLedger,
  writeClaimed,
} from './ledger-row.ts'
import { combine, type PendingStep, reserveUpTo, type Step } from './ledger-steps.ts'
import { type Outcome, settle } from './settle.ts'
import { initialState, type Lease, type LedgerState, type Limits } from './state.ts'

/** The quota ledger of the Strava application, shared by all replicas. */
export interface Ledger {
  /** Reserves one call for a lane, or denies it with the reason. `now` is epoch ms. */
  reserve(lane: Lane, now: number): Promise<Reservation>
  /**
   * Claims work of a lane and reserves a call for each piece, in one commit, which also writes pending settlements. If
   * the call is denied it claims nothing, unless another replica reserved the calls at the same moment.
   */
  reserveFor<Work>(lane: Lane, request: ClaimRequest, claim: Claim<Work>): Promise<Admission<Work>>
  /** Ends a lease with the outcome of its call. @returns the ledger after that */
  settle(lease: Lease, outcome: Outcome, now: number): Promise<LedgerState>
  /** Records a failure of Strava's token endpoint, where no call is reserved. It does not trip the circuit breaker. */
  noteFailure(now: number): Promise<LedgerState>
  /** The stored state; see `check` and `quotaStatus`. */
  read(): Promise<LedgerState>
}

/** Result of {@link Ledger.reserve}. */
export type Reservation = { readonly lease: Lease } | { readonly denial: Denial }

/** Request of {@link Ledger.reserveFor}. */
export interface ClaimRequest {
  /** Epoch ms. */
  readonly now: number
  /** Maximum pieces of work. */
  readonly atMost: number
  /** See `check`; false by default. */
  readonly isWaitedFor?: boolean
}

/** Result of {@link Ledger.reserveFor}. */
export interface Admission<Work> {
  /** Claimed work, each piece with its lease; undefined if its call was denied after the claim. */
  readonly works: readonly { readonly work: Work; readonly lease: Lease | undefined }[]
  /** The denial of the next call, if fewer were reserved than requested. */
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

/** After a conflict a step is tried again, this many times at once, then after a random pause up to the maximum (ms). */
const MAX_PROMPT_ATTEMPTS = 4
const MAX_BACKOFF_MS = 4
const MAX_ATTEMPTS = 100

/**
 * Opens the ledger. The rules are pure functions of the state. The row is written by optimistic concurrency control: a step
 * is computed from the cached row and written if the row still has the same version, else computed again from the newer row.
 * Throws {@link LedgerContentionError} after {@link MAX_ATTEMPTS} conflicts.
 * @param limits apply until Strava's headers give others
 */
export function openLedger(db: Db, limits: { read: Limits; overall: Limits }): Ledger {
  // Each replica measures its own clock.
  let offset: ClockOffset | undefined
  let cached: LedgerRow | undefined
  let last: Promise<unknown> = Promise.resolve()
  let pending: PendingStep[] = []

  /** Runs the steps of this replica one after the other: concurrent ones would only conflict. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => {})
    return next
  }

  /** Computes a step. One that writes nothing is computed from the stored row, because the cached one may be outdated. */
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

  /** Runs a step together with the pending ones of this replica: they share one write. */
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
      for (const deliver of await run(bound, combine(batch))) deliver()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  const reserving =
    (lane: Lane, bound: ClockBound, isWaitedFor = false): Step<Reservation> =>
    (state) => {
      const { states, leases, denial } = reserveUpTo(state, lane, bound, { atMost: 1, isWaitedFor })
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
      const { state = before, result: deliveries } = combine(settling)(before)
      const result = { ...reserveUpTo(state, lane, bound, { atMost, isWaitedFor }), deliveries }
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
    // Another replica has changed the row: the work is claimed, so its calls are reserved in a second statement.
    const late = await run(bound, (before) => {
      const result = reserveUpTo(before, lane, bound, { atMost: works.length, isWaitedFor })
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
