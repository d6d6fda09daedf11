/** A signed-in athlete on one device. Times are epoch milliseconds. */
export interface Session {
  /** Strava's athlete id, a decimal string. */
  readonly athleteId: string
  /** Session id: 128 random bits, base64url. */
  readonly sid: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** 30 days. */
export const DEFAULT_SESSION_TTL_MS = 30 * 86_400_000

/** Header fields and claims of every session token; verification requires them. */
export const TOKEN = {
  algorithm: 'HS256',
  type: 'JWT',
  issuer: 'ikigai-auth',
  audience: 'ikigai',
} as const
