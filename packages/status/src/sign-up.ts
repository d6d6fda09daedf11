/** Who may create an account. Athletes who have one can always sign in. */
export type SignUpMode = 'open' | 'invite' | 'allow-list'

/** Known limits on the number of athletes that Strava allows the application. */
export interface Capacity {
  /** `STRAVA_ATHLETE_LIMIT`; undefined if it is not set. */
  readonly limit: number | undefined
  /** Number of accounts. */
  readonly connected: number
  /** Strava's last refusal because all places were taken: epoch ms, and the number of accounts then. */
  readonly refusal: { readonly at: number; readonly connected: number } | undefined
}

/** How long Strava's refusal blocks sign-ups (ms); after that the limit may have been raised. */
export const REFUSAL_TTL_MS = 3_600_000

/** Whether Strava is expected to let another athlete connect. `now` is epoch ms. */
export function hasRoom({ limit, connected, refusal }: Capacity, now: number): boolean {
  if (limit !== undefined && connected >= limit) return false
  if (refusal === undefined || connected < refusal.connected) return true
  return Math.abs(now - refusal.at) >= REFUSAL_TTL_MS
}

/** Public state of sign-ups; `full`: no sign-ups, because Strava allows no more athletes. */
export type SignUpState = 'open' | 'invite' | 'allow_list' | 'full'

/** The state of sign-ups. `now` is epoch ms. */
export function signUpState(mode: SignUpMode, capacity: Capacity, now: number): SignUpState {
  if (!hasRoom(capacity, now)) return 'full'
  return mode === 'allow-list' ? 'allow_list' : mode
}
