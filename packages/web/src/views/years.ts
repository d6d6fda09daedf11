import type { Activity } from '@ikigai/contracts'
import { useEffect, useState } from 'preact/hooks'
import { allActivities } from '../api/calls.ts'
import type { Changes } from '../api/import-feed.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** A year of activities, and the way to other years. */
export interface Years {
  readonly year: number
  readonly activities: readonly Activity[] | undefined
  readonly problem: Problem | undefined
  /** Every sport that has been seen in any year looked at, sorted. */
  readonly sports: readonly string[]
  show(year: number): void
}

const RELOAD_PAUSE_MS = 700

/** What a year is loaded again for. */
export interface YearsOptions {
  /** How many activities there are. */
  readonly stored: number
  /** What has happened to some of them. */
  readonly changes: Changes | undefined
  readonly onSessionEnd: () => void
}

/** Loads a year when it is looked at, and again when something of it may have changed. */
export function useYears({ stored, changes, onSessionEnd }: YearsOptions): Years {
  const [year, show] = useState(() => new Date().getFullYear())
  const [loaded, setLoaded] = useState<{ year: number; activities: Activity[] }>()
  const [problem, setProblem] = useState<Problem>()
  const [sports, setSports] = useState<readonly string[]>([])

  const isLoaded = loaded?.year === year
  useEffect(() => {
    if (stored === 0) return
    let isCurrent = true
    const load = async () => {
      try {
        const activities = await activitiesOf(year)
        if (!isCurrent) return
        setLoaded({ year, activities })
        setSports((seen) => [...new Set([...seen, ...activities.map(({ sport_type }) => sport_type)])].sort())
        setProblem(undefined)
      } catch (error) {
        const problem = asProblem(error)
        if (!isCurrent) return
        if (problem.status === 401) onSessionEnd()
        else setProblem(problem)
      }
    }
    // News come in flocks while a history does.
    const timer = setTimeout(load, isLoaded ? RELOAD_PAUSE_MS : 0)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [year, stored, changes, onSessionEnd])

  return { year, show, problem, sports, activities: isLoaded ? loaded.activities : undefined }
}

/** By their own days, with a day more asked for on either side because zones differ. */
async function activitiesOf(year: number): Promise<Activity[]> {
  const found = await allActivities({
    after: `${year - 1}-12-31T00:00:00Z`,
    before: `${year + 1}-01-01T23:59:59Z`,
  })
  return found.filter(({ start_time }) => start_time.startsWith(String(year)))
}
