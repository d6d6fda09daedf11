import type { Clock, Logger } from '@ikigai/chassis'
import type { LedgerState } from '@ikigai/quota'
import { type StravaState, stravaStateOf } from '@ikigai/status'

/** Logs each change of Strava's state, as this replica's calls show it. */
export function logStravaState(logger: Logger, clock: Clock): (ledger: LedgerState) => void {
  let last: StravaState['state'] = 'available'
  return (ledger) => {
    const { state, until } = stravaStateOf(ledger, clock.now())
    if (state === last) return
    logger[state === 'available' ? 'info' : 'warn']({ state, was: last, until }, "Strava's state has changed")
    last = state
  }
}
