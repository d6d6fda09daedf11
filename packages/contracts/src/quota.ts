import { type Static, Type } from 'typebox'
import { InstantSchema, Nullable } from './ids.ts'
import { WaitSchema } from './import.ts'

/** The kinds of work that call Strava, most urgent first. */
export const LANES = ['signup', 'newest', 'webhook', 'backfill', 'resync', 'enrich'] as const

/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number]

/** Usage of Strava's limits, and what each lane waits for. */
export const QuotaStatusSchema = Type.Object(
  {
    windows: Type.Array(
      Type.Object({
        window: Type.Union([Type.Literal('15min'), Type.Literal('day')]),
        counter: Type.Union([Type.Literal('read'), Type.Literal('overall')]),
        limit: Type.Integer(),
        used: Type.Integer({ description: 'Calls made and calls in flight' }),
        resets_at: InstantSchema,
      }),
    ),
    lanes: Type.Array(
      Type.Object({
        lane: Type.Enum(LANES),
        queued: Type.Integer({
          description: 'Waiting jobs, including failed ones that will be tried again',
        }),
        waiting: Nullable(WaitSchema),
      }),
    ),
    strava: Type.Object(
      {
        state: Type.Union([
          Type.Literal('available'),
          Type.Literal('degraded', { description: 'Calls continue; some of the latest have failed' }),
          Type.Literal('rate_limited'),
          Type.Literal('application_inactive'),
          Type.Literal('unavailable'),
        ]),
        until: Nullable(InstantSchema),
      },
      { description: 'State of Strava by its latest answers' },
    ),
    history: Type.Array(
      Type.Object({ window_start: InstantSchema, used: Type.Integer(), limit: Type.Integer() }),
      { description: 'Reads by quarter of an hour over the last 24 hours, oldest first' },
    ),
    as_of: InstantSchema,
  },
  { $id: 'QuotaStatus' },
)

/** See {@link QuotaStatusSchema}. */
export type QuotaStatus = Static<typeof QuotaStatusSchema>
