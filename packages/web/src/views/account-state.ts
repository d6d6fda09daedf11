import type { Athlete } from '@ikigai/contracts'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { me } from '../api/calls.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** Why there is no session. */
export type Farewell = 'never-came' | 'session-ended' | 'signed-out' | 'disconnected'

/** State of the session. */
export type Account =
  | { readonly state: 'loading' }
  | { readonly state: 'unknown'; readonly problem: Problem }
  | { readonly state: 'signed-out'; readonly farewell: Farewell }
  | { readonly state: 'signed-in'; readonly athlete: Athlete }

/** The session state and its actions. */
export interface AccountControl {
  readonly account: Account
  /** Reads the session again. */
  reload(): void
  leave(farewell: Farewell): void
}

export function useAccount(): AccountControl {
  const [account, setAccount] = useState<Account>({ state: 'loading' })
  const reload = useCallback(() => {
    me().then(
      (athlete) => setAccount({ state: 'signed-in', athlete }),
      (error) => {
        const problem = asProblem(error)
        setAccount(
          problem.status === 401
            ? { state: 'signed-out', farewell: 'never-came' }
            : { state: 'unknown', problem },
        )
      },
    )
  }, [])
  useEffect(reload, [reload])
  useEffect(() => {
    addEventListener('online', reload)
    return () => removeEventListener('online', reload)
  }, [reload])
  const leave = useCallback((farewell: Farewell) => setAccount({ state: 'signed-out', farewell }), [])
  return { account, reload, leave }
}
