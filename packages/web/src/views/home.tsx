import type { ActivityFilter, Athlete, ImportStatus } from '@ikigai/contracts'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { type Changes, followImport } from '../api/import-feed.ts'
import type { UnitSystem } from '../model/units.ts'
import { AccountPanel } from './account-panel.tsx'
import type { Farewell } from './account-state.ts'
import { ActivityCard } from './activity-card.tsx'
import { Arrival } from './arrival.tsx'
import { useChoice } from './choice.ts'
import { FilterForm } from './filter-form.tsx'
import { ImportPanel } from './import-panel.tsx'
import { YearPanel } from './year-panel.tsx'
import { useYears } from './years.ts'

interface HomeProps {
  readonly athlete: Athlete
  readonly units: UnitSystem
  readonly onLeave: (farewell: Farewell) => void
}

/** For an athlete with a session: one of his activities, his import, his years. */
export function Home({ athlete, units, onLeave }: HomeProps) {
  const onSessionEnd = useCallback(() => onLeave('session-ended'), [onLeave])
  const [filter, setFilter] = useState<ActivityFilter>({})
  const { choice, isBusy, another, open, renew } = useChoice(filter, onSessionEnd)
  const { status, changes, missed } = useImport(athlete.id, onSessionEnd)
  const stored = status?.activities_stored ?? 0
  const years = useYears({ stored, changes, missed, onSessionEnd })
  const shownId = choice.state === 'shown' ? choice.activity.id : undefined

  const isWaitingForFirst = choice.state === 'none-yet' && stored > 0
  useEffect(() => {
    if (isWaitingForFirst) another()
  }, [isWaitingForFirst, another])
  // Once for each message, about what is shown by then.
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
      <Arrival completedAt={status?.completed_at ?? null} changes={changes} shownId={shownId} onOpen={open} />
      <div class="columns">
        <ActivityCard
          choice={choice}
          isBusy={isBusy}
          units={units}
          status={status}
          onAnother={another}
          onClearFilter={() => setFilter({})}
        />
        <div class="aside">
          {choice.state !== 'none-yet' && <ImportPanel status={status} />}
          {stored > 0 && (
            <FilterForm filter={filter} units={units} sports={years.sports} onChange={setFilter} />
          )}
        </div>
      </div>
      {stored > 0 && (
        <YearPanel years={years} units={units} oldest={status?.oldest_start_time ?? null} onOpen={open} />
      )}
      <AccountPanel athlete={athlete} onLeave={onLeave} />
    </>
  )
}

interface ImportState {
  readonly status: ImportStatus | undefined
  /** The last that was told of. */
  readonly changes: Changes | undefined
  /** How often something was missed that is not in `changes`. */
  readonly missed: number
}

function useImport(athleteId: string, onSessionEnd: () => void): ImportState {
  const [status, setStatus] = useState<ImportStatus>()
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
        },
      }),
    [athleteId, onSessionEnd],
  )
  return { status, changes, missed }
}

function nameOf({ first_name, last_name, username }: Athlete): string {
  return [first_name, last_name].filter(Boolean).join(' ') || username || 'Your activities'
}
