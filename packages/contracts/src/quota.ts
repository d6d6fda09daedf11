import { type Static, Type } from 'typebox'
import { InstantSchema, Nullable } from './ids.ts'
import { WaitSchema } from './import.ts'

/** The kinds of work that call Strava, most urgent first. */
export const LANES = ['signup', 'recent', 'live', 'backlog', 'refresh', 'enrich'] as const

/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number]

/** How much of Strava's limits is spent, and what each lane waits for. */
export const QuotaStatusSchema = Type.Object(
  {
    windows: Type.Array(
      Type.Object(
        {
          window: Type.Union([Type.Literal('15min'), Type.Literal('day')]),
          counter: Type.Union([Type.Literal('read'), Type.Literal('overall')]),
          limit: Type.Integer(),
          used: Type.Integer({ description: 'Calls made and calls under way' }),
          resets_at: InstantSchema,
        },
        { additionalProperties: false },
      ),
    ),
    lanes: Type.Array(
      Type.Object({ lane: Type.Enum(LANES), waiting: Nullable(WaitSchema) }, { additionalProperties: false }),
    ),
    as_of: InstantSchema,
  },
  { $id: 'QuotaStatus', additionalProperties: false },
)

/** See {@link QuotaStatusSchema}. */
export type QuotaStatus = Static<typeof QuotaStatusSchema>
