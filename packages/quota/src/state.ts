import { LANES } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { BreakerSchema, CLOSED } from './circuit-breaker.ts'
import { emptyLoad, ServedLoadSchema } from './served-load.ts'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

const perWindow = Type.Object({ quarterHour: Type.Integer(), day: Type.Integer() })
const counter = Type.Object({ limit: perWindow, used: perWindow })

const lease = Type.Object({
  id: Type.String(),
  lane: Type.Enum(LANES),
  /** The replica's own clock at the reservation: epoch ms. */
  reservedAtLocal: Type.Integer(),
  /** Strava's clock at the reservation at the earliest: epoch ms. */
  reservedAtMin: Type.Integer(),
  /** When the call can no longer be in flight: epoch ms. */
  expiresAt: Type.Integer(),
})

/** Version of the stored state that this release reads and writes. */
export const STATE_VERSION = 1

/** Schema of {@link LedgerState}. All times are Strava's: epoch ms. */
export const LedgerStateSchema = Type.Object({
  stateVersion: Type.Literal(STATE_VERSION),
  /** Strava counts reads separately; every call of ikigai counts in both counters (Strava API docs, "Rate limits"). */
  read: counter,
  overall: counter,
  /** Start of the windows that `used` counts. */
  start: perWindow,
  /** Finished calls made so late in this quarter of an hour that Strava may count them in the next. */
  carryOver: Type.Integer(),
  /** Calls in flight, or lost with a crashed replica and not yet expired. */
  leases: Type.Array(lease),
  breaker: BreakerSchema,
  /** Reads and limits of past quarters of an hour, oldest first. */
  usageHistory: Type.Object({ used: Type.Array(Type.Integer()), limit: Type.Array(Type.Integer()) }),
  load: ServedLoadSchema,
})

/** The quota ledger. `used` counts a call from its reservation on. */
export type LedgerState = Static<typeof LedgerStateSchema>

/** Permission for one call, until it is settled. */
export type Lease = Static<typeof lease>

/** A limit for each window, in calls. */
export type Limits = Readonly<Record<Window, number>>

/** The two counters of Strava. */
export const COUNTERS = ['read', 'overall'] as const

/** A ledger without a call; the limits apply until Strava's headers give others. */
export function initialState(limits: { read: Limits; overall: Limits }, now: number): LedgerState {
  const unused = { quarterHour: 0, day: 0 }
  return {
    stateVersion: STATE_VERSION,
    read: { limit: { ...limits.read }, used: { ...unused } },
    overall: { limit: { ...limits.overall }, used: { ...unused } },
    start: { quarterHour: windowStart('quarterHour', now), day: windowStart('day', now) },
    carryOver: 0,
    leases: [],
    breaker: CLOSED,
    usageHistory: { used: [], limit: [] },
    load: emptyLoad(now),
  }
}

/** End of the window that the state counts: epoch ms. */
export const windowEnd = (state: LedgerState, window: Window) => state.start[window] + WINDOW_MS[window]

/** Calls left in a window by the tighter of the two counters. */
export const remaining = ({ read, overall }: LedgerState, window: Window) =>
  Math.min(read.limit[window] - read.used[window], overall.limit[window] - overall.used[window])

/** The tighter limit of a window. */
export const effectiveLimit = ({ read, overall }: LedgerState, window: Window) =>
  Math.min(read.limit[window], overall.limit[window])

/** Adds calls to both counters of both windows. */
export function addCalls(state: LedgerState, calls: number): LedgerState {
  const add = ({ limit, used }: LedgerState['read']) => ({
    limit,
    used: { quarterHour: used.quarterHour + calls, day: used.day + calls },
  })
  return { ...state, read: add(state.read), overall: add(state.overall) }
}
