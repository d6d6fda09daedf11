import type { SignUpMode } from '@ikigai/status'

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
