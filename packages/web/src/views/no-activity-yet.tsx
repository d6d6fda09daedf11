import type { ImportStatus } from '@ikigai/contracts'
import { useNow } from '../hooks.ts'
import { momentText, timeUntil } from '../model/moments.ts'
import { needsAthlete, waitText } from '../model/waits.ts'
import { ConnectWithStrava } from './frame.tsx'

/** Nothing is here of this athlete: why, and until when. */
export function NoActivityYet({ status }: { readonly status: ImportStatus | undefined }) {
  const now = useNow(10_000)
  if (status?.state === 'complete') {
    return (
      <div class="empty">
        <h2>There are no activities yet</h2>
        <p>Strava has none of yours that this site may see. Your first one appears here by itself.</p>
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
          It goes on {timeUntil(wait.until, now)}, at {momentText(wait.until, now)}. You need not wait here.
        </p>
      )}
      {wait !== null && needsAthlete(wait) && <ConnectWithStrava />}
    </div>
  )
}
