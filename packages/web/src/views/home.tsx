import type { ActivityFilter, Athlete, ImportStatus } from '@ikigai/contracts'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { followImport } from '../api/import-feed.ts'
import type { UnitSystem } from '../model/units.ts'
import { AccountPanel } from './account-panel.tsx'
import type { Farewell } from './account-state.ts'
import { ActivityCard } from './activity-card.tsx'
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
  const { choice, isBusy, another, open } = useChoice(filter, onSessionEnd)
  const status = useImportStatus(onSessionEnd)
  const stored = status?.activities_stored ?? 0
  const years = useYears(stored, onSessionEnd)

  const isWaitingForFirst = choice.state === 'none-yet' && stored > 0
  useEffect(() => {
    if (isWaitingForFirst) another()
  }, [isWaitingForFirst, another])

  return (
    <>
      <h1 class="hidden">{nameOf(athlete)}</h1>
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
          <ImportPanel status={status} />
          <FilterForm filter={filter} units={units} sports={years.sports} onChange={setFilter} />
        </div>
      </div>
      {stored > 0 && (
        <YearPanel years={years} units={units} oldest={status?.oldest_start_time ?? null} onOpen={open} />
      )}
      <AccountPanel athlete={athlete} onLeave={onLeave} />
    </>
  )
}

function useImportStatus(onSessionEnd: () => void): ImportStatus | undefined {
  const [status, setStatus] = useState<ImportStatus>()
  useEffect(
    () =>
      followImport({
        onStatus: setStatus,
        onProblem: ({ status: code }) => {
          if (code === 401) onSessionEnd()
        },
      }),
    [onSessionEnd],
  )
  return status
}

function nameOf({ first_name, last_name, username }: Athlete): string {
  return [first_name, last_name].filter(Boolean).join(' ') || username || 'Your activities'
}
