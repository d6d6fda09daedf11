import { type Static, Type } from 'typebox'
import { InstantSchema, Nullable, StravaIdSchema } from './ids.ts'

/** State of an athlete's connection to Strava. All states but `active` end when the athlete connects again. */
export const ConnectionSchema = Type.Object({
  state: Type.Union([
    Type.Literal('active'),
    Type.Literal('needs_reauthorization', { description: 'Strava refuses the grant' }),
    Type.Literal('ended_at_strava', {
      description: 'As before, and Strava has reported that the athlete disconnected there',
    }),
    Type.Literal('scope_missing', { description: 'The grant does not allow reading activities' }),
  ]),
  erased_at: Type.Union([InstantSchema, Type.Null()], {
    description: 'When all data of the athlete is erased unless they connect again; null: never',
  }),
})

/** See {@link ConnectionSchema}. */
export type Connection = Static<typeof ConnectionSchema>

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
    connection: ConnectionSchema,
    connected_at: InstantSchema,
  },
  { $id: 'Athlete' },
)

/** See {@link AthleteSchema}. */
export type Athlete = Static<typeof AthleteSchema>
