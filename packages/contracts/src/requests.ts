import { type Static, Type } from 'typebox'
import { ActivityFilterSchema, ActivityPageSchema, ActivitySchema, ActivitySortSchema } from './activity.ts'
import { AthleteSchema } from './athlete.ts'
import { Nullable, StravaIdSchema } from './ids.ts'
import { ImportStatusSchema } from './import.ts'
import { QuotaStatusSchema } from './quota.ts'
import { API_SUBJECTS } from './subjects.ts'

const owner = { athlete_id: StravaIdSchema }
/** Unknown fields are rejected, so that a misspelt filter does not go unnoticed. */
const strict = { additionalProperties: false }

/**
 * Subject, request and reply of each endpoint for other teams. Replies are open: a reader ignores fields that it does
 * not know. Requests are closed.
 */
export const API = {
  activityRandom: {
    subject: API_SUBJECTS.activityRandom,
    request: Type.Object(
      {
        ...owner,
        ...ActivityFilterSchema.properties,
        cursor: Type.Optional(
          Type.String({
            maxLength: 200,
            description:
              'Returns all matching activities in random order, each once: begin with an empty one, continue with next_cursor',
          }),
        ),
      },
      strict,
    ),
    /** `next_cursor` is present if the request had a cursor; null after the last activity. */
    reply: Type.Object({ activity: ActivitySchema, next_cursor: Type.Optional(Nullable(Type.String())) }),
  },
  activityGet: {
    subject: API_SUBJECTS.activityGet,
    request: Type.Object({ ...owner, id: StravaIdSchema }, strict),
    reply: Type.Object({ activity: ActivitySchema }),
  },
  activityList: {
    subject: API_SUBJECTS.activityList,
    request: Type.Object(
      {
        ...owner,
        ...ActivityFilterSchema.properties,
        sort: Type.Optional(ActivitySortSchema),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
        cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      },
      strict,
    ),
    reply: ActivityPageSchema,
  },
  athleteGet: {
    subject: API_SUBJECTS.athleteGet,
    request: Type.Object(owner, strict),
    reply: Type.Object({ athlete: AthleteSchema }),
  },
  importGet: {
    subject: API_SUBJECTS.importGet,
    request: Type.Object(owner, strict),
    reply: Type.Object({ import: ImportStatusSchema }),
  },
  quotaGet: {
    subject: API_SUBJECTS.quotaGet,
    request: Type.Object({}, strict),
    reply: Type.Object({ quota: QuotaStatusSchema }),
  },
} as const

/** Name of an endpoint of {@link API}. */
export type ApiName = keyof typeof API

/** Request body of an endpoint. */
export type ApiRequest<N extends ApiName> = Static<(typeof API)[N]['request']>

/** Reply body of an endpoint. */
export type ApiReply<N extends ApiName> = Static<(typeof API)[N]['reply']>

/**
 * The error of a request, in the form of NATS's services framework: headers
 * `Nats-Service-Error-Code` (HTTP-like number) and `Nats-Service-Error` (text), and this body.
 */
export const ApiErrorSchema = Type.Object(
  {
    error: Type.Object({
      code: Type.Union([
        Type.Literal('bad_request'),
        Type.Literal('not_found'),
        Type.Literal('no_activity_yet'),
        Type.Literal('too_many_requests'),
        Type.Literal('unavailable'),
        Type.Literal('internal'),
      ]),
      message: Type.String(),
      faults: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
      import: Type.Optional(ImportStatusSchema),
      retry_after_seconds: Type.Optional(
        Type.Integer({ description: 'With too_many_requests: when the next request is answered' }),
      ),
    }),
  },
  { $id: 'ApiError' },
)

/** See {@link ApiErrorSchema}. */
export type ApiError = Static<typeof ApiErrorSchema>
