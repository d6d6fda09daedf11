import type { Athlete } from '@ikigai/contracts'
import { useRef, useState } from 'preact/hooks'
import { disconnect, signOut, signOutEverywhere } from '../api/calls.ts'
import { asProblem } from '../api/problem.ts'
import type { Farewell } from './account-state.ts'

interface AccountPanelProps {
  readonly athlete: Athlete
  readonly onLeave: (farewell: Farewell) => void
  readonly onSessionEnd: () => void
}

/** Scopes, export, signing out and disconnecting. */
export function AccountPanel({ athlete, onLeave, onSessionEnd }: AccountPanelProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const everywhere = useRef<HTMLDialogElement>(null)
  const [withApps, setWithApps] = useState(false)
  const [trouble, setTrouble] = useState('')
  const [isBusy, setBusy] = useState(false)

  async function leave(step: () => Promise<unknown>, farewell: Farewell): Promise<void> {
    if (isBusy) return
    setBusy(true)
    try {
      await step()
      onLeave(farewell)
    } catch (error) {
      const problem = asProblem(error)
      if (problem.status === 401) onSessionEnd()
      else setTrouble(problem.message)
    }
    for (const { current } of [dialog, everywhere]) current?.close()
    setBusy(false)
  }

  return (
    <section class="account" aria-labelledby="account-title">
      <h2 id="account-title">Your data</h2>
      <p>
        Connected since {new Date(athlete.connected_at).toLocaleDateString(undefined, { dateStyle: 'long' })}.
      </p>
      <p>
        {athlete.scopes.includes('activity:read_all')
          ? 'Private activities are included.'
          : 'Private activities are not included.'}{' '}
        <a href="/auth/login?approval_prompt=force">Change this at Strava</a>
      </p>
      <p role="alert">{trouble}</p>
      <div class="buttons">
        <a class="button quiet" href="/v1/me/export" download>
          Export everything
        </a>
        <button type="button" class="quiet" onClick={() => leave(signOut, 'signed-out')}>
          Sign out
        </button>
        <button type="button" class="quiet" onClick={() => everywhere.current?.showModal()}>
          Sign out everywhere
        </button>
        <button type="button" class="quiet danger" onClick={() => dialog.current?.showModal()}>
          Disconnect
        </button>
      </div>
      <dialog ref={everywhere} aria-labelledby="everywhere-title">
        <h2 id="everywhere-title">Sign out on all devices?</h2>
        <p>Every browser that is signed in to your account is signed out, this one included.</p>
        <label>
          <input
            type="checkbox"
            checked={withApps}
            onChange={({ currentTarget }) => setWithApps(currentTarget.checked)}
          />{' '}
          Disconnect all apps and end all personal access tokens, too
        </label>
        <div class="buttons">
          <button
            type="button"
            aria-disabled={isBusy}
            onClick={() => leave(() => signOutEverywhere({ apps: withApps }), 'signed-out')}
          >
            Sign out on all devices
          </button>
          <button type="button" class="quiet" onClick={() => everywhere.current?.close()}>
            Stay signed in
          </button>
        </div>
      </dialog>
      <dialog ref={dialog} aria-labelledby="confirm-title">
        <h2 id="confirm-title">Disconnect and erase everything?</h2>
        <p>
          All your activities are erased here and the app’s access to Strava is revoked. Your data at Strava
          does not change. You can reconnect at any time; your history is then imported again.
        </p>
        <div class="buttons">
          <button
            type="button"
            class="danger"
            aria-disabled={isBusy}
            onClick={() => leave(disconnect, 'disconnected')}
          >
            {isBusy ? 'Erasing …' : 'Disconnect and erase'}
          </button>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Stay connected
          </button>
        </div>
      </dialog>
    </section>
  )
}
