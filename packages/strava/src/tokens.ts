import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseExactJson } from './exact-json.ts'

/** A pair of tokens. Store the refresh token at once: it replaces the former one, which Strava then rejects. */
export interface StravaTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token expires: epoch milliseconds. */
  readonly expiresAt: number
}

/** Upper bound of a `Date`. */
const MAX_EPOCH_SECONDS = 100_000_000_000n

const Tokens = Compile(
  Type.Object({
    access_token: Type.String({ minLength: 1 }),
    refresh_token: Type.String({ minLength: 1 }),
    expires_at: Type.BigInt({ minimum: 0n, maximum: MAX_EPOCH_SECONDS }),
  }),
)

/** Parses the answer to a refresh. `undefined` if it lacks a token or the expiry. */
export function parseTokens(text: string): StravaTokens | undefined {
  const value = parseExactJson(text)
  if (!Tokens.Check(value)) return undefined
  return {
    accessToken: value.access_token,
    refreshToken: value.refresh_token,
    expiresAt: Number(value.expires_at) * 1_000,
  }
}
