import { LANES } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { type Demand, DemandSchema, noDemand } from './demand.ts'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

const perWindow = Type.Object({ short: Type.Integer(), day: Type.Integer() })
const counter = Type.Object({ limit: perWindow, used: perWindow })

const lease = Type.Object({
  id: Type.String(),
  lane: Type.Enum(LANES),
  /** When it was reserved by the replica's own clock: epoch ms. */
  askedAt: Type.Integer(),
  /** Strava's clock when it was reserved at the earliest, and when the call can no longer be under way: epoch ms. */
  at: Type.Integer(),
  expiresAt: Type.Integer(),
})

const closure = Type.Object({
  reason: Type.Union([
    Type.Literal('rate_limited'),
    Type.Literal('application_inactive'),
    Type.Literal('strava_unavailable'),
  ]),
  /** When the first of these closures in a row began: epoch ms. */
  since: Type.Optional(Type.Integer()),
  /** Epoch ms. After it one call at a time, until Strava answers one well. */
  until: Type.Integer(),
  /** How often in a row it was closed for this reason; longer each time. */
  times: Type.Integer(),
})

const quarters = Type.Object({ used: Type.Array(Type.Integer()), limit: Type.Array(Type.Integer()) })

/** The form of the stored state that this release reads and writes. */
export const STATE_FORM = 1

/** Schema of {@link LedgerState}. All times are Strava's: epoch ms. */
export const LedgerStateSchema = Type.Object({
  form: Type.Literal(STATE_FORM),
  /** Strava counts reads apart; every call of ikigai counts in both (Strava API docs, "Rate limits"). */
  read: counter,
  overall: counter,
  /** Start of the window that `used` speaks of. */
  start: perWindow,
  /** Calls that are over and were made so late in this quarter of an hour that Strava may count them in the next. */
  ahead: Type.Integer(),
  /** Calls under way, or lost with a crashed replica and not yet past their time. */
  leases: Type.Array(lease),
  /** Calls in a row that Strava failed to answer; of one piece of work alone, the first. */
  failures: Type.Integer(),
  closed: Type.Union([closure, Type.Null()]),
  /** Reads in the quarters of an hour before this one, and their limits; the last is the one just over. */
  history: quarters,
  demand: DemandSchema,
})

/** All that the ledger knows. `used` counts a call from its reservation on. */
export type LedgerState = Static<typeof LedgerStateSchema>

/** Permission for one call, until it is settled. */
export type Lease = Static<typeof lease>

/** Why nothing may be called at all. */
export type Closure = Static<typeof closure>

/** A limit for each window, in calls. */
export type Limits = Readonly<Record<Window, number>>

/** The two counters of Strava. */
export const COUNTERS = ['read', 'overall'] as const

/** A ledger that has seen nothing yet; the limits hold until Strava's headers say otherwise. */
export function initialState(limits: { read: Limits; overall: Limits }, now: number): LedgerState {
  const unused = { short: 0, day: 0 }
  const demand: Demand = noDemand(now)
  return {
    form: STATE_FORM,
    read: { limit: { ...limits.read }, used: { ...unused } },
    overall: { limit: { ...limits.overall }, used: { ...unused } },
    start: { short: windowStart('short', now), day: windowStart('day', now) },
    ahead: 0,
    leases: [],
    failures: 0,
    closed: null,
    history: { used: [], limit: [] },
    demand,
  }
}

/** End of the window that the state speaks of: epoch ms. */
export const windowEnd = (state: LedgerState, window: Window) => state.start[window] + WINDOW_MS[window]

/** Calls left in a window by the tighter of the two counters. */
export const leftIn = ({ read, overall }: LedgerState, window: Window) =>
  Math.min(read.limit[window] - read.used[window], overall.limit[window] - overall.used[window])

/** The tighter limit of a window. */
export const limitOf = ({ read, overall }: LedgerState, window: Window) =>
  Math.min(read.limit[window], overall.limit[window])
