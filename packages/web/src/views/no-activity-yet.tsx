import type { ImportStatus } from '@ikigai/contracts'
import { useNow } from '../hooks.ts'
import { instantText, timeUntil } from '../model/dates.ts'
import { needsAthlete, waitText } from '../model/waits.ts'
import { ConnectWithStrava } from './frame.tsx'

/** Shown while no activity is stored: why, and until when. */
export function NoActivityYet({ status }: { readonly status: ImportStatus | undefined }) {
  const now = useNow(10_000)
  if (status?.state === 'complete' && status.waiting === null) {
    return (
      <div class="empty">
        <h2>No activities yet</h2>
        <p>Strava has no activities that this app may read. Your first one will appear here automatically.</p>
      </div>
    )
  }
  const wait = status?.waiting ?? null
  const { title, text } =
    wait === null
      ? { title: 'Your first activities are on their way', text: 'They appear here in a moment.' }
      : waitText(wait)
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {wait !== null && wait.until !== null && (
        <p class="until">
          Continues {timeUntil(wait.until, now)}, at {instantText(wait.until, now)}. You can close this page.
        </p>
      )}
      {wait !== null && needsAthlete(wait) && <ConnectWithStrava />}
    </div>
  )
}
