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
  /** Shows the athlete as signed out in all tabs. */
  leave(farewell: Farewell): void
  /** Called after a request without a valid session: reads why it has ended. */
  endSession(): void
}

/** Broadcast channel that reports a sign-out to the other tabs. */
const CHANNEL = 'ikigai account'

/** Interval of attempts to read the session while the service does not answer, if it names none itself. */
const RETRY_SECONDS = 5

/** Why a request without a valid session was refused. */
const farewellOf = ({ slug }: Problem, otherwise: Farewell): Farewell =>
  slug === 'disconnected' ? 'disconnected' : otherwise

export function useAccount(): AccountControl {
  const [account, setAccount] = useState<Account>({ state: 'loading' })
  const reload = useCallback(() => {
    me().then(
      (athlete) => setAccount({ state: 'signed-in', athlete }),
      (error) => {
        const problem = asProblem(error)
        setAccount(
          problem.status === 401
            ? { state: 'signed-out', farewell: farewellOf(problem, 'never-came') }
            : { state: 'unknown', problem },
        )
      },
    )
  }, [])
  useEffect(reload, [reload])
  useEffect(() => {
    if (account.state !== 'unknown') return
    const timer = setTimeout(reload, (account.problem.retryAfterSeconds ?? RETRY_SECONDS) * 1_000)
    return () => clearTimeout(timer)
  }, [account, reload])
  useEffect(() => {
    addEventListener('online', reload)
    return () => removeEventListener('online', reload)
  }, [reload])
  const leave = useCallback((farewell: Farewell) => {
    setAccount({ state: 'signed-out', farewell })
    const channel = new BroadcastChannel(CHANNEL)
    channel.postMessage(farewell)
    channel.close()
  }, [])
  const endSession = useCallback(() => {
    me().then(
      (athlete) => setAccount({ state: 'signed-in', athlete }),
      (error) => {
        const farewell = farewellOf(asProblem(error), 'session-ended')
        // Another tab may have reported the reason already.
        setAccount((now) => (now.state === 'signed-out' ? now : { state: 'signed-out', farewell }))
      },
    )
  }, [])
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL)
    channel.addEventListener('message', ({ data: farewell }: MessageEvent<Farewell>) =>
      setAccount((now) => (now.state === 'signed-in' ? { state: 'signed-out', farewell } : now)),
    )
    return () => channel.close()
  }, [])
  return { account, reload, leave, endSession }
}
