import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { readAthlete, type StravaAthlete } from './athlete.ts'
import { parseExactJson } from './exact-json.ts'

/** A pair of tokens. Store the refresh token at once: once Strava has issued a newer one, the older is void. */
export interface StravaTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token expires: epoch milliseconds. */
  readonly expiresAt: number
  /** Only in the answer to a code (recorded responses). */
  readonly athlete?: StravaAthlete | undefined
  /** Comma or space separated. No recorded answer has it: believe the callback's `scope` first. */
  readonly scope?: string | undefined
}

/** Far enough for any token, and near enough for any date. */
const MAX_EPOCH_SECONDS = 100_000_000_000n

const Tokens = Compile(
  Type.Object({
    access_token: Type.String({ minLength: 1 }),
    refresh_token: Type.String({ minLength: 1 }),
    expires_at: Type.BigInt({ minimum: 0n, maximum: MAX_EPOCH_SECONDS }),
    athlete: Type.Optional(Type.Unknown()),
    scope: Type.Optional(Type.Unknown()),
  }),
)

/** Reads an answer of the token endpoint. An athlete in it that cannot be read makes the whole answer unusable. */
export function parseTokens(text: string): StravaTokens | undefined {
  const value = parseExactJson(text)
  if (!Tokens.Check(value)) return undefined
  const hasAthlete = value.athlete !== undefined && value.athlete !== null
  const athlete = hasAthlete ? readAthlete(value.athlete) : undefined
  if (hasAthlete && athlete === undefined) return undefined
  return {
    accessToken: value.access_token,
    refreshToken: value.refresh_token,
    expiresAt: Number(value.expires_at) * 1_000,
    ...(athlete && { athlete }),
    ...(typeof value.scope === 'string' && { scope: value.scope }),
  }
}
