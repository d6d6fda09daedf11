import { type Static, Type } from 'typebox'
import { StravaIdSchema } from '../ids.ts'
import { RateNumbersSchema } from '../limits/schemas.ts'

/** Kind of a call. `token` is a code exchange; `subscription` any of the push_subscriptions calls. */
export const CallKindSchema = Type.Union([
  Type.Literal('authorize'),
  Type.Literal('token'),
  Type.Literal('refresh'),
  Type.Literal('revoke'),
  Type.Literal('deauthorize'),
  Type.Literal('athlete'),
  Type.Literal('list'),
  Type.Literal('detail'),
  Type.Literal('create'),
  Type.Literal('subscription'),
  Type.Literal('unknown'),
])
export type CallKind = Static<typeof CallKindSchema>

/** One call. */
export const CallRecordSchema = Type.Object({
  kind: CallKindSchema,
  method: Type.String(),
  /** Path and query, without secrets and tokens. */
  url: Type.String(),
  /** 0 if the connection was cut; null while the call is in progress. */
  status: Type.Union([Type.Integer(), Type.Null()]),
  /** Epoch ms on the simulator's clock, on arrival. */
  at: Type.Number(),
  /** Real ms from its arrival to its answer; null while it is in progress. */
  durationMs: Type.Union([Type.Number(), Type.Null()]),
  /** The athlete of its token, if valid. */
  athleteId: Type.Union([StravaIdSchema, Type.Null()]),
})
export type CallRecord = Static<typeof CallRecordSchema>

/** Counters of one quarter hour. */
export const WindowRecordSchema = Type.Object({
  /** ISO 8601, the window's edge. */
  startsAt: Type.String(),
  read: Type.Integer(),
  overall: Type.Integer(),
  /** 429s answered because a limit was reached (injected ones are not in here). */
  rateLimited: Type.Integer(),
})
export type WindowRecord = Static<typeof WindowRecordSchema>

/** Numbers since the start or the last reset of the counters. */
export const CountersSchema = Type.Object({
  total: Type.Integer(),
  /** Calls by kind; every kind is there. */
  calls: Type.Record(Type.String(), Type.Integer()),
  /** Answers by HTTP status; `0` counts cut connections. */
  statuses: Type.Record(Type.String(), Type.Integer()),
  /** 429s answered, injected ones included. */
  rateLimited: Type.Integer(),
  /** The highest usage that any one window reached. */
  maxima: RateNumbersSchema,
  /** Every quarter hour with a counted call, oldest first. */
  windows: Type.Array(WindowRecordSchema),
})
export type Counters = Omit<Static<typeof CountersSchema>, 'calls'> & { calls: Record<CallKind, number> }
