import type { Activity } from '@ikigai/contracts'
import { useEffect, useState } from 'preact/hooks'
import { allActivities } from '../api/calls.ts'
import type { Changes } from '../api/import-feed.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** A year of activities, and the navigation to other years. */
export interface Years {
  readonly year: number
  readonly activities: readonly Activity[] | undefined
  readonly problem: Problem | undefined
  /** Every sport that has been seen in any year looked at, sorted. */
  readonly sports: readonly string[]
  show(year: number): void
}

const RELOAD_PAUSE_MS = 700

/** Inputs of {@link useYears}; a change reloads the year. */
export interface YearsOptions {
  /** How many activities there are. */
  readonly stored: number
  /** The last changes received. */
  readonly changes: Changes | undefined
  /** How often something may have happened that is not in `changes`. */
  readonly missed: number
  readonly onSessionEnd: () => void
}

/** Loads a year when it is looked at, and again when something of it may have changed. */
export function useYears({ stored, changes, missed, onSessionEnd }: YearsOptions): Years {
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
    // Debounced: changes arrive in bursts during an import.
    const timer = setTimeout(load, isLoaded ? RELOAD_PAUSE_MS : 0)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [year, stored, changes, missed, onSessionEnd])

  return { year, show, problem, sports, activities: isLoaded ? loaded.activities : undefined }
}

/** By their own days. */
const activitiesOf = (year: number) => allActivities({ from_date: `${year}-01-01`, to_date: `${year}-12-31` })
