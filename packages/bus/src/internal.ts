import { LANES, StravaIdSchema } from '@ikigai/contracts'
import { type Static, Type } from 'typebox'
import { APP_REQUESTS } from './internal-apps.ts'
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
      /** `unknown`: no such athlete. `unavailable`: Strava could not be reached; try again later. */
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
  /** Sent after a reported deauthorization, at most once an hour for an athlete. */
  grantVerify: {
    subject: INTERNAL.grantVerify,
    request: athlete,
    reply: Type.Union([
      /**
       * `active`: Strava issued tokens, so the grant is valid. `blocked`: Strava rejects the refresh token, and there is no
       * access token to probe with. `unknown`: no such athlete. `unavailable`: Strava could not be reached.
       */
      Type.Object(
        {
          state: Type.Union([
            Type.Literal('active'),
            Type.Literal('blocked'),
            Type.Literal('unknown'),
            Type.Literal('unavailable'),
          ]),
        },
        strict,
      ),
      /** Strava refuses the refresh token; a call with this access token, which has not expired, proves whether the grant has ended. */
      Type.Object({ state: Type.Literal('provable'), access_token: Type.String() }, strict),
    ]),
  },
  grantProof: {
    subject: INTERNAL.grantProof,
    /** `answered_at`: the `Date` of Strava's answer, epoch ms; null if it had none. */
    request: Type.Object(
      {
        athlete_id: StravaIdSchema,
        token_sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        answer: Type.Union([Type.Literal('accepted'), Type.Literal('rejected')]),
        answered_at: Type.Union([Type.Integer(), Type.Null()]),
      },
      strict,
    ),
    /**
     * `erased`: the grant has ended. `blocked`: it has not, or the answer proves nothing. `active`, `unknown`: the request is
     * outdated.
     */
    reply: Type.Object(
      {
        state: Type.Union([
          Type.Literal('erased'),
          Type.Literal('blocked'),
          Type.Literal('active'),
          Type.Literal('unknown'),
        ]),
      },
      strict,
    ),
  },
  athleteDisconnect: {
    subject: INTERNAL.athleteDisconnect,
    request: athlete,
    /** `revoked`: Strava has confirmed. Otherwise it could not be reached, and revoking is tried again later. */
    reply: Type.Object({ revoked: Type.Boolean() }, strict),
  },
  ...APP_REQUESTS,
} as const

/** Signals to fetchers. Losing one does no harm. */
export const INTERNAL_SIGNALS = {
  /** An athlete is online. */
  athletePresent: { subject: INTERNAL.athletePresent, body: athlete },
  /** A fetcher has more work in a lane than it can run. */
  fetchWake: { subject: INTERNAL.fetchWake, body: Type.Object({ lane: Type.Enum(LANES) }, strict) },
  /** Strava failed at an endpoint that auth calls. */
  stravaFailed: { subject: INTERNAL.stravaFailed, body: Type.Object({}, strict) },
} as const

/** Name of a request of {@link INTERNAL_API}. */
export type InternalName = keyof typeof INTERNAL_API
/** Request body. */
export type InternalRequest<N extends InternalName> = Static<(typeof INTERNAL_API)[N]['request']>
/** Reply body. */
export type InternalReply<N extends InternalName> = Static<(typeof INTERNAL_API)[N]['reply']>

/** The outcome of the first page, sent to the request that waits for it. */
export const SignupOutcomeSchema = Type.Object(
  { outcome: Type.Union([Type.Literal('stored'), Type.Literal('waiting'), Type.Literal('blocked')]) },
  strict,
)
