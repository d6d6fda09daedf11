/** A signed-in athlete on one device. Times are epoch milliseconds. */
export interface Session {
  /** Strava's athlete id, a decimal string. */
  readonly athleteId: string
  /** 128 random bits, base64url: names this session where it is revoked. */
  readonly sid: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** How long a session lasts unless said otherwise: 30 days. */
export const DEFAULT_SESSION_TTL_MS = 30 * 86_400_000

/** What every token says of itself, and must say to be taken. */
export const TOKEN = {
  algorithm: 'HS256',
  type: 'JWT',
  issuer: 'ikigai-auth',
  audience: 'ikigai',
} as const
