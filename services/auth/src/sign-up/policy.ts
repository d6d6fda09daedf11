/** Who may make an account; athletes who have one can always sign in. */
export type SignUpMode = 'open' | 'invite' | 'allow-list'

/** How an athlete without an account signs up. */
export interface SignUpClaim {
  /** On the operator's list. */
  readonly isAllowed: boolean
  /** `none`: there is no invitation. `invalid`: it does not exist, has expired or is used up. */
  readonly invitation: 'valid' | 'invalid' | 'none'
}

export type SignUpRefusal = 'invitation-required' | 'invitation-invalid' | 'sign-up-not-allowed'

/** Why an athlete may not make an account; undefined when they may. Being on the list is enough in every mode. */
export function refuseSignUp(
  mode: SignUpMode,
  { isAllowed, invitation }: SignUpClaim,
): SignUpRefusal | undefined {
  if (mode === 'open' || isAllowed) return undefined
  if (mode === 'allow-list') return 'sign-up-not-allowed'
  if (invitation === 'valid') return undefined
  return invitation === 'none' ? 'invitation-required' : 'invitation-invalid'
}

/** What is known of the number of athletes that Strava allows the application. */
export interface Capacity {
  /** As the operator has set it. */
  readonly limit: number | undefined
  /** Number of accounts. */
  readonly connected: number
  /** Strava's last refusal because all places were taken: epoch ms, and the number of accounts then. */
  readonly refusal: { readonly at: number; readonly connected: number } | undefined
}

/** After this a sign-up is tried at Strava again: the limit may have been raised. */
export const REFUSAL_BELIEVED_MS = 3_600_000

/** Whether Strava would let another athlete connect, as far as is known. */
export function hasRoom({ limit, connected, refusal }: Capacity, now: number): boolean {
  if (limit !== undefined && connected >= limit) return false
  if (refusal === undefined || connected < refusal.connected) return true
  return Math.abs(now - refusal.at) >= REFUSAL_BELIEVED_MS
}
