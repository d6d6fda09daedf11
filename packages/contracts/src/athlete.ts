import { type Static, Type } from 'typebox'
import { InstantSchema, Nullable, StravaIdSchema } from './ids.ts'

/** An athlete who has connected Strava. */
export const AthleteSchema = Type.Object(
  {
    id: StravaIdSchema,
    username: Nullable(Type.String()),
    first_name: Nullable(Type.String()),
    last_name: Nullable(Type.String()),
    profile_url: Nullable(Type.String({ description: 'Picture' })),
    scopes: Type.Array(Type.String({ description: 'What the athlete allowed, e.g. activity:read_all' })),
    grant: Type.Union([Type.Literal('active'), Type.Literal('needs_reauthorization')]),
    connected_at: InstantSchema,
  },
  { $id: 'Athlete' },
)

/** See {@link AthleteSchema}. */
export type Athlete = Static<typeof AthleteSchema>
