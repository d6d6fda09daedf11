import type { StravaId } from '@ikigai/contracts'
import { allowedAthletes, type Db, readCapacity, type Tx } from '@ikigai/db'
import { secretHash } from '@ikigai/sessions'
import { hasRoom, type SignUpMode } from '@ikigai/status'
import { eq } from 'drizzle-orm'
import { recordCapacityRefusal, takePlace } from './capacity.ts'
import { isInvited, useInvitation } from './invitations.ts'
import { refuseSignUp, type SignUpRefusal } from './policy.ts'

export interface SignUpOptions {
  readonly db: Db
  readonly clock: { now(): number }
  readonly mode: SignUpMode
  /** Athletes that Strava allows the application; undefined when unknown. */
  readonly athleteLimit: number | undefined
}

/** Why no account is created. */
export type SignUpObstacle = SignUpRefusal | 'athlete-capacity'

/** Decides who may create an account. */
export interface SignUp {
  /**
   * Why no new account can be created, as far as that is known before Strava has identified the athlete. Athletes with an account,
   * and those on the list, may continue.
   * @param token of the invitation link that was opened
   */
  obstacle(token: string | undefined): Promise<SignUpObstacle | undefined>
  /**
   * Decides on an athlete without an account, in the transaction that creates it, and uses the invitation if one is needed.
   * @param token of the invitation link with which the sign-in began
   * @returns why no account may be created; undefined if one may
   */
  admit(tx: Tx, athleteId: StravaId, token: string | undefined): Promise<SignUpObstacle | undefined>
  /** Records that Strava has refused an athlete because all places are taken. */
  recordCapacityRefusal(): Promise<void>
}

export function createSignUp({ db, clock, mode, athleteLimit }: SignUpOptions): SignUp {
  return {
    obstacle: async (token) => {
      const now = clock.now()
      const invitation = await invitationOf(token, (hash) => isInvited(db, hash, new Date(now)))
      const refusal = refuseSignUp(mode, { isAllowed: false, invitation })
      if (refusal !== undefined) return refusal
      const capacity = { limit: athleteLimit, ...(await readCapacity(db)) }
      return hasRoom(capacity, now) ? undefined : 'athlete-capacity'
    },
    admit: async (tx, athleteId, token) => {
      const now = clock.now()
      // Before the invitation, which must not be used up without an account.
      if (!(await takePlace(tx, athleteLimit, now))) return 'athlete-capacity'
      if (mode === 'open') return undefined
      const isAllowed = (await tx.$count(allowedAthletes, eq(allowedAthletes.athleteId, athleteId))) > 0
      if (isAllowed || mode === 'allow-list') return refuseSignUp(mode, { isAllowed, invitation: 'none' })
      const invitation = await invitationOf(token, (hash) => useInvitation(tx, hash, new Date(now)))
      return refuseSignUp(mode, { isAllowed, invitation })
    },
    recordCapacityRefusal: () => recordCapacityRefusal(db, clock.now()),
  }
}

async function invitationOf(token: string | undefined, isValid: (hash: string) => Promise<boolean>) {
  if (token === undefined) return 'none'
  return (await isValid(secretHash(token))) ? 'valid' : 'invalid'
}
