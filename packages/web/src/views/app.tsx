import { useOnline, useUnits } from '../hooks.ts'
import { useAccount } from './account-state.ts'
import { Frame, Notice } from './frame.tsx'
import { Home } from './home.tsx'
import { SignedOut } from './signed-out.tsx'
import { Skeleton } from './skeleton.tsx'
import { UnitSwitch } from './unit-switch.tsx'

/** The page at `/`. */
export function App() {
  const { account, reload, leave, endSession } = useAccount()
  const [units, setUnits] = useUnits()
  const isOnline = useOnline()
  const isIn = account.state === 'signed-in'
  return (
    <Frame tools={isIn && <UnitSwitch units={units} onChange={setUnits} />}>
      {!isOnline && (
        <Notice title="You are offline" tone="warn">
          <p>This page updates automatically when you are back online.</p>
        </Notice>
      )}
      {account.state === 'loading' && <Skeleton />}
      {account.state === 'unknown' && isOnline && (
        <Notice title="ikigai cannot be reached" tone="warn">
          <p>{account.problem.message}</p>
          <button type="button" onClick={reload}>
            Try again
          </button>
        </Notice>
      )}
      {account.state === 'signed-out' && <SignedOut farewell={account.farewell} />}
      {account.state === 'signed-in' && (
        <Home athlete={account.athlete} units={units} onLeave={leave} onSessionEnd={endSession} />
      )}
    </Frame>
  )
}
