/** Who may create an account. Athletes who have one can always sign in. */
export type SignUpMode = 'open' | 'invite' | 'allow-list'

/** What allows an athlete without an account to sign up. */
export interface SignUpCredentials {
  /** Whether the athlete is on the operator's list. */
  readonly isAllowed: boolean
  /** `none`: the sign-in began without an invitation. `invalid`: it does not exist, has expired or is used up. */
  readonly invitation: 'valid' | 'invalid' | 'none'
}

export type SignUpRefusal = 'invitation-required' | 'invitation-invalid' | 'sign-up-not-allowed'

/** Why an athlete may not create an account; undefined if they may. Being on the list is enough in every mode. */
export function refuseSignUp(
  mode: SignUpMode,
  { isAllowed, invitation }: SignUpCredentials,
): SignUpRefusal | undefined {
  if (mode === 'open' || isAllowed) return undefined
  if (mode === 'allow-list') return 'sign-up-not-allowed'
  if (invitation === 'valid') return undefined
  return invitation === 'none' ? 'invitation-required' : 'invitation-invalid'
}

/** What is known about the number of athletes that Strava allows to connect. */
export interface Capacity {
  /** `STRAVA_ATHLETE_LIMIT`; undefined if it is not set. */
  readonly limit: number | undefined
  /** Number of accounts. */
  readonly connected: number
  /** Strava's last refusal because all places were taken: epoch ms, and the number of accounts then. */
  readonly refusal: { readonly at: number; readonly connected: number } | undefined
}

/** How long a refusal of Strava's keeps further sign-ups away: ms. After it the limit may have been raised. */
export const REFUSAL_TTL_MS = 3_600_000

/** Whether Strava is expected to let another athlete connect. */
export function hasRoom({ limit, connected, refusal }: Capacity, now: number): boolean {
  if (limit !== undefined && connected >= limit) return false
  if (refusal === undefined || connected < refusal.connected) return true
  return Math.abs(now - refusal.at) >= REFUSAL_TTL_MS
}
