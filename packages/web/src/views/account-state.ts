import type { Athlete } from '@ikigai/contracts'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { me } from '../api/calls.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** Why somebody is looking at the page without a session. */
export type Farewell = 'never-came' | 'session-ended' | 'signed-out' | 'disconnected'

/** Who looks at the page. */
export type Account =
  | { readonly state: 'loading' }
  | { readonly state: 'unknown'; readonly problem: Problem }
  | { readonly state: 'signed-out'; readonly farewell: Farewell }
  | { readonly state: 'signed-in'; readonly athlete: Athlete }

/** Who looks at the page, and what changes it. */
export interface AccountControl {
  readonly account: Account
  /** Asks once more. */
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
