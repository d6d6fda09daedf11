import { createHash } from 'node:crypto'

/** The tokens of one grant in clear text. They are never logged, and stored only sealed. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token expires: epoch ms. */
  readonly expiresAt: number
}

/** SHA-256 in hex, by which services refer to a token without sending it. */
export const tokenDigest = (token: string): string => createHash('sha256').update(token).digest('hex')
