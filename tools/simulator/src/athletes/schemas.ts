import { type Static, Type } from 'typebox'
import { StravaIdSchema } from '../ids.ts'
import { ScopeSchema } from '../oauth/schemas.ts'

/** Who sees an activity. `only_me` is what Strava calls "Only You" and reports as `private: true`. */
export const VisibilitySchema = Type.Union([
  Type.Literal('everyone'),
  Type.Literal('followers_only'),
  Type.Literal('only_me'),
])
export type Visibility = Static<typeof VisibilitySchema>

/** How to make an athlete. Every field has a default; the same seed makes the same athlete. */
export const AthleteOptionsSchema = Type.Object(
  {
    /** Default: derived from the simulator's seed and the number of athletes made so far. */
    id: Type.Optional(StravaIdSchema),
    firstname: Type.Optional(Type.String()),
    lastname: Type.Optional(Type.String()),
    /** Number of activities in the history. Default 0. */
    activities: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    /** Years over which they spread, ending at `until`. Default: about 250 activities a year. */
    years: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 40 })),
    /** Values of `sport_type` that the history holds, as often as they do everywhere. Default: all there are. */
    sports: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    /** End of the history, ISO 8601. Default: the simulator's clock. */
    until: Type.Optional(Type.String()),
    /** Share (0 to 1) of "Only You" activities. Default 0.05. */
    privateShare: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** Share (0 to 1) of activities entered by hand. Default 0.05. */
    manualShare: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** How many activities start in the very second in which another one starts. Default 0. */
    sharedStartSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Default: derived from the simulator's seed and the athlete's id. */
    seed: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
)
export type AthleteOptions = Static<typeof AthleteOptionsSchema>

const activityFields = {
  name: Type.Optional(Type.String()),
  /** Any text: Strava's list grows. */
  sportType: Type.Optional(Type.String({ minLength: 1 })),
  /** ISO 8601, UTC. */
  startDate: Type.Optional(Type.String()),
  distanceMeters: Type.Optional(Type.Number({ minimum: 0 })),
  movingTimeSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
  elapsedTimeSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
  visibility: Type.Optional(VisibilitySchema),
  description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
}

/** A new activity; what is not given is made up. `startDate` defaults to now, visibility to `everyone`. */
export const ActivityDraftSchema = Type.Object(
  { ...activityFields, manual: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)
export type ActivityDraft = Static<typeof ActivityDraftSchema>

/** Properties of an athlete that can be changed later. */
export const ActivityChangesSchema = Type.Object(activityFields, { additionalProperties: false })
export type ActivityChanges = Static<typeof ActivityChangesSchema>

export const SimulatedAthleteSchema = Type.Object({
  id: StravaIdSchema,
  username: Type.String(),
  firstname: Type.String(),
  lastname: Type.String(),
  activityCount: Type.Integer(),
  /** Whether the application holds a grant of the athlete. */
  connected: Type.Boolean(),
  /** Scopes of that grant; empty without one. */
  scopes: Type.Array(ScopeSchema),
})
export type SimulatedAthlete = Static<typeof SimulatedAthleteSchema>

export const SimulatedActivitySchema = Type.Object({
  id: StravaIdSchema,
  athleteId: StravaIdSchema,
  name: Type.String(),
  sportType: Type.String(),
  startDate: Type.String(),
  distanceMeters: Type.Number(),
  movingTimeSeconds: Type.Integer(),
  visibility: VisibilitySchema,
  manual: Type.Boolean(),
})
export type SimulatedActivity = Static<typeof SimulatedActivitySchema>
