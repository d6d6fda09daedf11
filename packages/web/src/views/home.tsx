import type { ActivityFilter, Athlete, ImportStatus } from '@ikigai/contracts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Changes, followImport } from '../api/import-feed.ts'
import type { UnitSystem } from '../model/units.ts'
import { AccessPanel } from './access-panel.tsx'
import { AccountPanel } from './account-panel.tsx'
import type { Farewell } from './account-state.ts'
import { ActivityCard } from './activity-card.tsx'
import { FilterForm } from './filter-form.tsx'
import { ImportPanel } from './import-panel.tsx'
import { NewActivityNotice } from './new-activity-notice.tsx'
import { useRandomActivity } from './use-random-activity.ts'
import { YearPanel } from './year-panel.tsx'
import { useYears } from './years.ts'

interface HomeProps {
  readonly athlete: Athlete
  readonly units: UnitSystem
  readonly onLeave: (farewell: Farewell) => void
  readonly onSessionEnd: () => void
}

/** The start page with a session: random activity, import, calendar. */
export function Home({ athlete, units, onLeave, onSessionEnd }: HomeProps) {
  const [filter, setFilter] = useState<ActivityFilter>({})
  const { choice, isBusy, another, open, renew } = useRandomActivity(filter, onSessionEnd)
  const { status, isAnswered, changes, missed } = useImport(athlete.id, onSessionEnd)
  const stored = status?.activities_stored ?? 0
  const years = useYears({ stored, changes, missed, onSessionEnd })
  // The count changes together with the lists.
  const shownStatus = status && { ...status, activities_stored: years.stored ?? stored }
  // Everything is shown at once when the card's size is known, so that the layout does not shift.
  const isSettled = useLatch(isAnswered && choice.state !== 'loading')
  const shownId = choice.state === 'shown' ? choice.activity.id : undefined

  const isWaitingForFirst = choice.state === 'none-yet' && stored > 0
  useEffect(() => {
    if (isWaitingForFirst) another()
  }, [isWaitingForFirst, another])
  // Runs once per message; other dependencies must not run it again.
  useEffect(() => {
    if (shownId === undefined || changes === undefined) return
    if (changes.deleted.includes(shownId)) another()
    else if (changes.updated.includes(shownId) && !isBusy) renew(shownId)
  }, [changes])
  useEffect(() => {
    if (missed > 0 && shownId !== undefined && !isBusy) renew(shownId)
  }, [missed])

  return (
    <>
      <h1 class="hidden">{nameOf(athlete)}</h1>
      <NewActivityNotice
        completedAt={status?.completed_at ?? null}
        changes={changes}
        shownId={shownId}
        onOpen={open}
      />
      <div class={`columns ${isSettled ? '' : 'loading'}`}>
        <ActivityCard
          choice={isSettled ? choice : LOADING}
          isBusy={isBusy}
          units={units}
          status={status}
          onAnother={another}
          onClearFilter={() => setFilter({})}
        />
        <div class="aside" key={String(isSettled)}>
          {choice.state !== 'none-yet' && <ImportPanel status={isSettled ? shownStatus : undefined} />}
          {isSettled && stored > 0 && (
            <FilterForm filter={filter} units={units} sports={years.sports} onChange={setFilter} />
          )}
        </div>
      </div>
      {isSettled && (
        <>
          {stored > 0 && (
            <YearPanel years={years} units={units} oldest={status?.oldest_start_time ?? null} onOpen={open} />
          )}
          <AccessPanel onSessionEnd={onSessionEnd} />
          <AccountPanel athlete={athlete} onLeave={onLeave} onSessionEnd={onSessionEnd} />
        </>
      )}
    </>
  )
}

const LOADING = { state: 'loading' } as const

/** Whether a condition has ever been true. */
function useLatch(condition: boolean): boolean {
  const wasTrue = useRef(false)
  if (condition) wasTrue.current = true
  return wasTrue.current
}

interface ImportState {
  readonly status: ImportStatus | undefined
  /** Whether the status has been answered, or has failed. */
  readonly isAnswered: boolean
  /** The last changes received. */
  readonly changes: Changes | undefined
  /** Number of gaps in the stream; after one, anything may have changed. */
  readonly missed: number
}

function useImport(athleteId: string, onSessionEnd: () => void): ImportState {
  const [status, setStatus] = useState<ImportStatus>()
  const [hasFailed, setFailed] = useState(false)
  const [changes, setChanges] = useState<Changes>()
  const [missed, setMissed] = useState(0)
  useEffect(
    () =>
      followImport(athleteId, {
        onStatus: setStatus,
        onChanges: setChanges,
        onMissed: () => setMissed((times) => times + 1),
        onProblem: ({ status: code }) => {
          if (code === 401) onSessionEnd()
          else setFailed(true)
        },
      }),
    [athleteId, onSessionEnd],
  )
  return { status, isAnswered: status !== undefined || hasFailed, changes, missed }
}

function nameOf({ first_name, last_name, username }: Athlete): string {
  return [first_name, last_name].filter(Boolean).join(' ') || username || 'Your activities'
}
