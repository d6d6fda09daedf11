import { type Static, Type } from 'typebox'
import { InstantSchema, Nullable } from './ids.ts'
import { WaitSchema } from './import.ts'

/** The kinds of work that call Strava, most urgent first. */
export const LANES = ['signup', 'newest', 'webhook', 'backfill', 'resync', 'enrich'] as const

/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number]

/** How much of Strava's limits is spent, and what each lane waits for. */
export const QuotaStatusSchema = Type.Object(
  {
    windows: Type.Array(
      Type.Object({
        window: Type.Union([Type.Literal('15min'), Type.Literal('day')]),
        counter: Type.Union([Type.Literal('read'), Type.Literal('overall')]),
        limit: Type.Integer(),
        used: Type.Integer({ description: 'Calls made and calls under way' }),
        resets_at: InstantSchema,
      }),
    ),
    lanes: Type.Array(
      Type.Object({
        lane: Type.Enum(LANES),
        queued: Type.Integer({
          description: 'Jobs that wait, those that have failed and come again included',
        }),
        waiting: Nullable(WaitSchema),
      }),
    ),
    strava: Type.Object(
      {
        state: Type.Union([
          Type.Literal('available'),
          Type.Literal('degraded', { description: 'Calls go on; some of the latest have failed' }),
          Type.Literal('rate_limited'),
          Type.Literal('application_inactive'),
          Type.Literal('unavailable'),
        ]),
        until: Nullable(InstantSchema),
      },
      { description: 'Strava as its latest answers show it' },
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
