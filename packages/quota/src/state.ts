import { LANES } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { WINDOW_MS, type Window, windowStart } from './windows.ts'

const perWindow = Type.Object({ short: Type.Integer(), day: Type.Integer() })
const counter = Type.Object({ limit: perWindow, used: perWindow })

const lease = Type.Object({
  id: Type.String(),
  lane: Type.Enum(LANES),
  /** When it was reserved, and when the call can no longer be under way: epoch ms. */
  at: Type.Integer(),
  expiresAt: Type.Integer(),
})

const closure = Type.Object({
  reason: Type.Union([
    Type.Literal('rate_limited'),
    Type.Literal('application_inactive'),
    Type.Literal('strava_unavailable'),
  ]),
  /** Epoch ms. */
  until: Type.Integer(),
  /** How often in a row it was closed for this reason; longer each time. */
  times: Type.Integer(),
  /** After `until`, one call at a time until Strava answers well. */
  probing: Type.Boolean(),
})

/** Schema of {@link LedgerState}. */
export const LedgerStateSchema = Type.Object({
  /** Strava counts reads apart; every call of ikigai counts in both (Strava API docs, "Rate limits"). */
  read: counter,
  overall: counter,
  /** Start of the window that `used` speaks of: epoch ms. */
  start: perWindow,
  /** Calls under way, or lost with a crashed replica and not yet past their time. */
  leases: Type.Array(lease),
  /** Calls in a row that Strava failed to answer. */
  failures: Type.Integer(),
  closed: Type.Union([closure, Type.Null()]),
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
  return {
    read: { limit: { ...limits.read }, used: { ...unused } },
    overall: { limit: { ...limits.overall }, used: { ...unused } },
    start: { short: windowStart('short', now), day: windowStart('day', now) },
    leases: [],
    failures: 0,
    closed: null,
  }
}

/** End of the window that the state speaks of: epoch ms. */
export const windowEnd = (state: LedgerState, window: Window) => state.start[window] + WINDOW_MS[window]
