/** The tokens of one grant, in clear. They are never logged, and stored sealed only. */
export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token ends: epoch ms. */
  readonly expiresAt: number
}
