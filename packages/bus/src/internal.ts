import { LANES, StravaIdSchema } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { INTERNAL } from './subjects.ts'

const strict = { additionalProperties: false }
const athlete = Type.Object({ athlete_id: StravaIdSchema }, strict)

/** Requests between services: subject, request and reply. */
export const INTERNAL_API = {
  grantToken: {
    subject: INTERNAL.grantToken,
    /** `rejected_token_sha256`: Strava refused this access token, so it must not be handed out again. */
    request: Type.Object(
      {
        athlete_id: StravaIdSchema,
        rejected_token_sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
      },
      strict,
    ),
    reply: Type.Union([
      Type.Object(
        {
          state: Type.Literal('active'),
          access_token: Type.String(),
          /** Epoch milliseconds. */
          expires_at: Type.Integer(),
          scopes: Type.Array(Type.String()),
        },
        strict,
      ),
      /** `unknown`: no such athlete. `unavailable`: Strava could not be asked; try again later. */
      Type.Object(
        {
          state: Type.Union([
            Type.Literal('needs_reauthorization'),
            Type.Literal('unknown'),
            Type.Literal('unavailable'),
          ]),
        },
        strict,
      ),
    ]),
  },
  grantVerify: {
    subject: INTERNAL.grantVerify,
    request: athlete,
    reply: Type.Object(
      {
        state: Type.Union([
          Type.Literal('active'),
          Type.Literal('erased'),
          Type.Literal('unknown'),
          Type.Literal('unavailable'),
        ]),
      },
      strict,
    ),
  },
  sessionRevoke: {
    subject: INTERNAL.sessionRevoke,
    request: Type.Object(
      {
        session_id: Type.String({ minLength: 1, maxLength: 64 }),
        athlete_id: StravaIdSchema,
        expires_at: Type.Integer(),
      },
      strict,
    ),
    reply: Type.Object({}, strict),
  },
  athleteDisconnect: {
    subject: INTERNAL.athleteDisconnect,
    request: athlete,
    /** `revoked`: Strava has confirmed. Otherwise it could not be reached, and revoking is tried again later. */
    reply: Type.Object({ revoked: Type.Boolean() }, strict),
  },
} as const

/** What the fetchers are let know; nobody answers, and what is lost does no harm. */
export const INTERNAL_HINTS = {
  /** An athlete is here now. */
  athletePresent: { subject: INTERNAL.athletePresent, body: athlete },
  /** A fetcher has more to fetch in a lane than it can take. */
  fetchWake: { subject: INTERNAL.fetchWake, body: Type.Object({ lane: Type.Enum(LANES) }, strict) },
} as const

/** Name of a request of {@link INTERNAL_API}. */
export type InternalName = keyof typeof INTERNAL_API
/** Request body. */
export type InternalRequest<N extends InternalName> = Static<(typeof INTERNAL_API)[N]['request']>
/** Reply body. */
export type InternalReply<N extends InternalName> = Static<(typeof INTERNAL_API)[N]['reply']>

/** What became of the first page, told to the request that waits for it. */
export const SignupOutcomeSchema = Type.Object(
  { outcome: Type.Union([Type.Literal('stored'), Type.Literal('waiting'), Type.Literal('blocked')]) },
  strict,
)
