import type { SignUpMode } from '@ikigai/status'

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
