import type { ImportStatus } from '@ikigai/contracts'
import { useNow } from '../hooks.ts'
import { count, instantText, timeUntil } from '../model/dates.ts'
import { changeText, needsAthlete, rangeText, shareOf, waitText } from '../model/waits.ts'
import { ConnectWithStrava } from './frame.tsx'

/** Progress of the import, and the reason of a wait. */
export function ImportPanel({ status }: { readonly status: ImportStatus | undefined }) {
  const now = useNow(10_000)
  return (
    <section class="card import" aria-labelledby="import-title">
      <h2 id="import-title">Your history</h2>
      {status === undefined ? <div class="bone" /> : <Progress status={status} now={now} />}
    </section>
  )
}

function Progress({ status, now }: { readonly status: ImportStatus; readonly now: number }) {
  const { state, activities_stored: stored, activities_expected: expected, waiting } = status
  if (state === 'complete' && waiting === null) {
    return (
      <p class="here">
        <strong>{stored.toLocaleString()}</strong> {stored === 1 ? 'activity' : 'activities'}, all here. New
        ones appear automatically.
      </p>
    )
  }
  return (
    <>
      <p class="here">
        <strong>{stored.toLocaleString()}</strong>
        {expected === null || state === 'complete'
          ? ` ${stored === 1 ? 'activity' : 'activities'} ${state === 'complete' ? 'shown' : 'so far'}`
          : ` of about ${count(expected, 'activity')}`}
      </p>
      {status.completed_at === null && (
        <progress aria-label="Import of your history" max={1} value={shareOf(status)} />
      )}
      <ImportEta status={status} now={now} />
      {waiting !== null && needsAthlete(waiting) && <ConnectWithStrava />}
    </>
  )
}

function ImportEta({
  status: { waiting, queue_position: place, eta, eta_latest: latest, eta_reason: reason, eta_change: change },
  now,
}: {
  readonly status: ImportStatus
  readonly now: number
}) {
  return (
    <>
      {waiting !== null && (
        <p class="wait">
          <strong>{waitText(waiting).title}.</strong> {waitText(waiting).text}
          {waiting.until !== null && ` Continues at ${instantText(waiting.until, now)}.`}
        </p>
      )}
      {place !== null && place > 0 && <p>{count(place, 'athlete')} before you.</p>}
      {eta !== null && latest === null && (
        <p>
          The import should be complete {timeUntil(eta, now)}, at {instantText(eta, now)}.
        </p>
      )}
      {eta !== null && latest !== null && (
        <p>
          The import should be complete between {instantText(eta, now)} and {instantText(latest, now)}.
          {reason !== null && ` ${rangeText(reason)}`}
        </p>
      )}
      {change !== null && (
        <p class="change">
          The estimate was {instantText(change.from, now)} before: {changeText(change.reason)}.
        </p>
      )}
    </>
  )
}
