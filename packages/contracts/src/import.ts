import { type Static, Type } from 'typebox'
import { InstantSchema, Nullable, StravaIdSchema } from './ids.ts'

/** Why work waits. */
export const WaitReasonSchema = Type.Union([
  Type.Literal('quota_15min', { description: "Strava's limit for this quarter of an hour is used up" }),
  Type.Literal('quota_day', { description: "Strava's limit for this UTC day is used up" }),
  Type.Literal('reserved', { description: 'The rest of the limit is reserved for more urgent work' }),
  Type.Literal('rate_limited', { description: 'Strava answered 429' }),
  Type.Literal('application_inactive', { description: 'Strava has disabled the application' }),
  Type.Literal('strava_unavailable', { description: 'Strava is down or too slow' }),
  Type.Literal('service_unavailable', {
    description: 'A part of this service is down, and Strava is not the reason',
  }),
  Type.Literal('token_rejected', {
    description: 'Strava rejects an access token that it has just confirmed; it is used again in a moment',
  }),
  Type.Literal('needs_reauthorization', { description: 'Strava refuses the grant; sign in again' }),
  Type.Literal('scope_missing', { description: 'The athlete did not allow reading activities' }),
  Type.Literal('queued', { description: 'Other work in the queue comes first' }),
  Type.Literal('unconfirmed', {
    description:
      'Of a complete history: Strava has not confirmed all of it within the time for which data may be shown, so parts of it are hidden until it does',
  }),
])

/** See {@link WaitReasonSchema}. */
export type WaitReason = Static<typeof WaitReasonSchema>

/** The reason of a wait and its end (null: unknown, for example because it needs the athlete). */
export const WaitSchema = Type.Object({
  reason: WaitReasonSchema,
  until: Nullable(InstantSchema),
  detail: Type.String(),
})

/** See {@link WaitSchema}. */
export type Wait = Static<typeof WaitSchema>

/** Why an ETA is a range. */
export const EtaReasonSchema = Type.Union([
  Type.Literal('history_length', { description: 'The length of the history is not known yet' }),
  Type.Literal('busy', { description: 'More athletes sign up than usual' }),
  Type.Literal('next_days', { description: 'It depends on the load of the coming days' }),
  Type.Literal('strava_unavailable', { description: 'Strava does not answer at present' }),
])

/** See {@link EtaReasonSchema}. */
export type EtaReason = Static<typeof EtaReasonSchema>

/** Why an ETA was revised. */
export const EtaChangeSchema = Type.Union([
  Type.Literal('longer_history', { description: 'The history is longer than expected' }),
  Type.Literal('shorter_history', { description: 'The history is shorter than expected' }),
  Type.Literal('busier', { description: 'More work arrived than expected' }),
  Type.Literal('quieter', { description: 'Less work arrived than expected' }),
  Type.Literal('strava_unavailable', { description: 'Strava did not answer' }),
])

/** See {@link EtaChangeSchema}. */
export type EtaChange = Static<typeof EtaChangeSchema>

/** State and progress of the import of an athlete's history. */
export const ImportStatusSchema = Type.Object(
  {
    athlete_id: StravaIdSchema,
    state: Type.Union([
      Type.Literal('queued'),
      Type.Literal('running'),
      Type.Literal('complete'),
      Type.Literal('blocked', { description: 'Needs the athlete: see waiting.reason' }),
    ]),
    activities_stored: Type.Integer(),
    pages_fetched: Type.Integer(),
    oldest_start_time: Nullable(InstantSchema),
    activities_expected: Nullable(
      Type.Integer({
        description:
          'Activities of the whole history, stored ones included; null: the pages do not show its length yet',
      }),
    ),
    queue_position: Nullable(
      Type.Integer({ description: 'Athletes whose next page comes before; null when nothing is queued' }),
    ),
    eta: Type.Union([InstantSchema, Type.Null()], {
      description: 'Estimated completion of the import; null: unknown, or the import is complete',
    }),
    eta_latest: Type.Union([InstantSchema, Type.Null()], {
      description: 'End of the range that begins at `eta`; null: `eta` is a single time',
    }),
    eta_reason: Nullable(EtaReasonSchema),
    eta_change: Type.Union(
      [
        Type.Object(
          { at: InstantSchema, from: InstantSchema, reason: EtaChangeSchema },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { description: 'When and why `eta` was last changed, and its former value; null: never' },
    ),
    waiting: Nullable(WaitSchema),
    started_at: InstantSchema,
    updated_at: InstantSchema,
    completed_at: Nullable(InstantSchema),
  },
  { $id: 'ImportStatus' },
)

/** See {@link ImportStatusSchema}. */
export type ImportStatus = Static<typeof ImportStatusSchema>
