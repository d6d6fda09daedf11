import { type Static, Type } from 'typebox'
import { CallKindSchema } from '../calls/schemas.ts'
import { StravaIdSchema } from '../ids.ts'

const faultScope = {
  /** Which calls it meets. Default: all. */
  route: Type.Optional(Type.Union([CallKindSchema, Type.Array(CallKindSchema)])),
  /** Only calls with a token of this athlete. */
  athleteId: Type.Optional(StravaIdSchema),
  /** Only calls for this activity. */
  activityId: Type.Optional(StravaIdSchema),
  /** After how many hits it is used up. Default: never. */
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  /** How many matching calls pass before it starts. Default 0. */
  skip: Type.Optional(Type.Integer({ minimum: 0 })),
  /** 0 to 1; default 1. Drawn from the simulator's seed. */
  probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
}

/** Kinds of faults of a call. */
export const FaultSchema = Type.Union([
  /** Answers this status with the body that Strava has for it, or the given one. */
  Type.Object(
    {
      ...faultScope,
      kind: Type.Literal('error'),
      status: Type.Integer({ minimum: 400, maximum: 599 }),
      body: Type.Optional(Type.Unknown()),
    },
    { additionalProperties: false },
  ),
  /** An HTML page instead of JSON, as from the CDN in front of Strava. Default status 503. */
  Type.Object(
    {
      ...faultScope,
      kind: Type.Literal('html'),
      status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
    },
    { additionalProperties: false },
  ),
  /** Answers as usual, but later. */
  Type.Object(
    { ...faultScope, kind: Type.Literal('slow'), latencyMs: Type.Integer({ minimum: 0 }) },
    { additionalProperties: false },
  ),
  /** Cuts the connection before anything is done. */
  Type.Object({ ...faultScope, kind: Type.Literal('drop') }, { additionalProperties: false }),
  /** Does the work (a refresh token rotates), then cuts the connection instead of answering. */
  Type.Object({ ...faultScope, kind: Type.Literal('lost-response') }, { additionalProperties: false }),
  /** Sends headers and half of the body, then cuts the connection. */
  Type.Object({ ...faultScope, kind: Type.Literal('truncate') }, { additionalProperties: false }),
  /** Leaves the four limit headers out, or sends nonsense in the usage headers (default: `,`, as recorded). */
  Type.Object(
    { ...faultScope, kind: Type.Literal('limit-headers'), value: Type.Union([Type.String(), Type.Null()]) },
    { additionalProperties: false },
  ),
])
export type Fault = Static<typeof FaultSchema>
export type ActiveFault = Fault & { id: string; hits: number }
