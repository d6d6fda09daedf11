/** Who may make an account; athletes who have one can always sign in. */
export type SignUpMode = 'open' | 'invite' | 'allow-list'

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

/** Whether Strava would let another athlete connect, as far as is known. `now` is epoch ms. */
export function hasRoom({ limit, connected, refusal }: Capacity, now: number): boolean {
  if (limit !== undefined && connected >= limit) return false
  if (refusal === undefined || connected < refusal.connected) return true
  return Math.abs(now - refusal.at) >= REFUSAL_BELIEVED_MS
}

/** Who can make an account now, as everybody may know; `full`: nobody, because Strava has no place for another athlete. */
export type SignUpState = 'open' | 'invite' | 'allow_list' | 'full'

/** Who can make an account now. `now` is epoch ms. */
export function signUpState(mode: SignUpMode, capacity: Capacity, now: number): SignUpState {
  if (!hasRoom(capacity, now)) return 'full'
  return mode === 'allow-list' ? 'allow_list' : mode
}
