import type { Farewell } from './account-state.ts'
import { ConnectWithStrava, Notice } from './frame.tsx'
import { TraceWall } from './trace-wall.tsx'

const FAREWELLS: Readonly<Record<Exclude<Farewell, 'never-came'>, { title: string; text: string }>> = {
  'session-ended': {
    title: 'Your session has ended',
    text: 'Sign in again, and everything is as you left it.',
  },
  'signed-out': { title: 'You are signed out', text: 'Your activities stay up to date until you come back.' },
  disconnected: {
    title: 'You are disconnected, and everything of yours is erased',
    text: 'Your activities, your name and your permission are gone from here, and Strava no longer lets this site in for you.',
  },
}

/** For whoever has no session: what this is, what it takes from Strava, and the way in. */
export function SignedOut({ farewell }: { readonly farewell: Farewell }) {
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
            One of your own activities, whenever you want one: this morning’s run, or a ride that you had
            forgotten.
          </p>
          <ConnectWithStrava />
        </div>
        <TraceWall />
      </div>
      <section class="promises" aria-labelledby="promises">
        <h2 id="promises">Before you connect</h2>
        <dl>
          <div>
            <dt>What is read</dt>
            <dd>
              Your name, your picture and your activities, private ones if you allow it. Nothing is ever
              written.
            </dd>
          </div>
          <div>
            <dt>Who sees it</dt>
            <dd>You alone. Nothing is passed on, analysed or sold.</dd>
          </div>
          <div>
            <dt>How long it stays</dt>
            <dd>
              What Strava has not confirmed for seven days is dropped. What you delete there is gone here.
            </dd>
          </div>
          <div>
            <dt>How to leave</dt>
            <dd>
              Disconnect here or at Strava at any time: everything of yours is erased, and you are told so.
            </dd>
          </div>
        </dl>
      </section>
    </>
  )
}
