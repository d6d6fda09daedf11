import type { ServiceStatus } from '@ikigai/client'
import { useEffect, useState } from 'preact/hooks'
import { status } from '../api/calls.ts'
import type { Farewell } from './account-state.ts'
import { ConnectWithStrava, Notice } from './frame.tsx'
import { RouteGallery } from './route-gallery.tsx'

const FAREWELLS: Readonly<Record<Exclude<Farewell, 'never-came'>, { title: string; text: string }>> = {
  'session-ended': {
    title: 'Your session has ended',
    text: 'Sign in again to continue.',
  },
  'signed-out': { title: 'You are signed out', text: 'Your activities stay up to date until you come back.' },
  disconnected: {
    title: 'You are disconnected and your data is erased',
    text: 'Your activities and your profile are erased, and this app no longer has access to your Strava account.',
  },
}

type SignUp = ServiceStatus['sign_up']

/** Notice for athletes without an account, before they continue to Strava. */
const SIGN_UP: Readonly<Record<Exclude<SignUp, 'open'>, string>> = {
  invite: 'New accounts need an invitation: open its link. If you have an account, connect as always.',
  allow_list:
    'New accounts are only for athletes whom the operator of this site has admitted. If you have an account, connect as always.',
  full: 'Strava allows this site no more athletes, so no new accounts can be made now. If you have an account, connect as always.',
}

/** Who can create an account; undefined until it is read, or if it cannot be read (the sign-in reports it as well). */
function useSignUp(): SignUp | undefined {
  const [signUp, setSignUp] = useState<SignUp>()
  useEffect(() => {
    status().then(
      ({ sign_up }) => setSignUp(sign_up),
      () => {},
    )
  }, [])
  return signUp
}

/** Start page without a session: introduction, privacy, sign-in. */
export function SignedOut({ farewell }: { readonly farewell: Farewell }) {
  const signUp = useSignUp()
  return (
    <>
      {farewell !== 'never-came' && (
        <div role="status">
          <Notice title={FAREWELLS[farewell].title}>
            <p>{FAREWELLS[farewell].text}</p>
          </Notice>
        </div>
      )}
      <div class="hero">
        <div>
          <h1>Where have you been?</h1>
          <p class="lead">
            One of your own activities, whenever you want one: this morning’s run, or a ride you had
            forgotten.
          </p>
          <ConnectWithStrava />
          <p class="sign-up" role="status">
            {signUp !== undefined && signUp !== 'open' && SIGN_UP[signUp]}
          </p>
        </div>
        <RouteGallery />
      </div>
      <section class="promises" aria-labelledby="promises">
        <h2 id="promises">Before you connect</h2>
        <dl>
          <div>
            <dt>What is read</dt>
            <dd>
              Your name, your picture and your activities, private ones if you allow it. Nothing is ever
              written to Strava.
            </dd>
          </div>
          <div>
            <dt>Who sees it</dt>
            <dd>Only you. Nothing is shared, analysed or sold.</dd>
          </div>
          <div>
            <dt>How long it stays</dt>
            <dd>
              Data that Strava has not confirmed for seven days is removed. What you delete at Strava is
              deleted here.
            </dd>
          </div>
          <div>
            <dt>How to leave</dt>
            <dd>Disconnect here or at Strava at any time: all your data is erased.</dd>
          </div>
        </dl>
      </section>
    </>
  )
}
