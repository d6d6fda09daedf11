import { type Static, Type } from 'typebox'
import { StravaIdSchema } from '../ids.ts'

/** Scopes that an application may ask for (Strava API docs, authentication). */
export const ScopeSchema = Type.Union([
  Type.Literal('read'),
  Type.Literal('read_all'),
  Type.Literal('profile:read_all'),
  Type.Literal('profile:write'),
  Type.Literal('activity:read'),
  Type.Literal('activity:read_all'),
  Type.Literal('activity:write'),
])
export type Scope = Static<typeof ScopeSchema>

/** Current tokens of a grant. */
export const IssuedTokensSchema = Type.Object({
  accessToken: Type.String(),
  refreshToken: Type.String(),
  /** Epoch seconds. */
  expiresAt: Type.Integer(),
  scopes: Type.Array(ScopeSchema),
})
export type IssuedTokens = Static<typeof IssuedTokensSchema>

export const AutoApproveSchema = Type.Object(
  {
    athleteId: StravaIdSchema,
    /** The requested scopes that the athlete accepts. Default: all of them. */
    scopes: Type.Optional(Type.Array(ScopeSchema)),
    /** Default `authorize`. */
    decision: Type.Optional(Type.Union([Type.Literal('authorize'), Type.Literal('deny')])),
  },
  { additionalProperties: false },
)
export type AutoApprove = Static<typeof AutoApproveSchema>

/** All grants, to be kept over a restart. Contains tokens: keep it secret. */
export const SavedGrantsSchema = Type.Array(
  Type.Object({
    athleteId: StravaIdSchema,
    scopes: Type.Array(ScopeSchema),
    refreshToken: Type.String({ minLength: 1 }),
    accessTokens: Type.Array(Type.Object({ text: Type.String({ minLength: 1 }), expiresAt: Type.Integer() })),
  }),
)
export type SavedGrants = Static<typeof SavedGrantsSchema>
