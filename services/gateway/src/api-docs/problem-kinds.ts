import { ApiScopeSchema, ImportStatusSchema } from '@ikigai/contracts'
import { type TProperties, Type } from 'typebox'

/** A kind of problem that an operation of the API can answer with. */
export interface ProblemKind {
  readonly status: number
  /** When it occurs, for the documentation. */
  readonly when: string
  /** Additional members of the body. */
  readonly extensions?: TProperties
  readonly retryAfter?: true
}

const strict = { additionalProperties: false }

const errors = Type.Array(
  Type.Object(
    {
      pointer: Type.String({
        description: 'JSON pointer into the request',
        examples: ['/querystring/limit'],
      }),
      detail: Type.String(),
    },
    strict,
  ),
  { description: 'What is wrong and where' },
)

const requestId = Type.String({ description: 'Identifies the request in the logs; same as `x-request-id`' })

/** Every kind, by the last segment of its `type`. */
export const PROBLEM_KINDS = {
  'bad-request': {
    status: 400,
    when: 'The request is invalid.',
    extensions: { errors: Type.Optional(errors) },
  },
  'invalid-cursor': {
    status: 400,
    when: 'The cursor was not issued by this operation for this order and filter.',
    extensions: { errors },
  },
  'sign-in-needed': { status: 401, when: 'There is no valid session.' },
  disconnected: {
    status: 401,
    when: 'The athlete has disconnected, here or at Strava, and all their data is erased.',
  },
  'insufficient-scope': {
    status: 403,
    when: 'The token of an app or a script does not allow this; `required_scopes` lists what is required.',
    extensions: { required_scopes: Type.Array(ApiScopeSchema) },
  },
  'too-many-tokens': { status: 409, when: 'The athlete has the maximum number of personal access tokens.' },
  'cross-origin': { status: 403, when: "A page of another site used the athlete's cookie." },
  'no-activity-yet': {
    status: 404,
    when: 'No activity is stored yet; `import` gives the reason and the expected end of the wait.',
    extensions: { import: ImportStatusSchema },
  },
  'no-activity-matches': { status: 404, when: 'No activity matches the filter.' },
  'no-such-activity': { status: 404, when: 'The athlete has no activity with this id.' },
  'content-too-large': { status: 413, when: 'The body is too large.' },
  'uri-too-long': { status: 414, when: 'The address is too long.' },
  'unsupported-media-type': { status: 415, when: 'The body is neither JSON nor plain text.' },
  'too-many-requests': {
    status: 429,
    when: 'The request limit is used up; retry after `retry-after` seconds.',
    retryAfter: true,
  },
  'too-many-streams': {
    status: 429,
    when: 'The athlete has too many event streams open.',
    retryAfter: true,
  },
  'export-under-way': {
    status: 429,
    when: 'An export of this athlete is already running.',
    retryAfter: true,
  },
  internal: { status: 500, when: 'Internal error.', extensions: { request_id: requestId } },
  unavailable: {
    status: 503,
    when: 'Something this service depends on cannot be reached; retry after `retry-after` seconds.',
    extensions: { request_id: Type.Optional(requestId) },
    retryAfter: true,
  },
  'auth-unavailable': {
    status: 503,
    when: 'Disconnecting is temporarily unavailable.',
    retryAfter: true,
  },
} as const satisfies Readonly<Record<string, ProblemKind>>

/** Name of a kind of {@link PROBLEM_KINDS}. */
export type ProblemName = keyof typeof PROBLEM_KINDS
