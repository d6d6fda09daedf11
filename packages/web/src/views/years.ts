import type { Activity } from '@ikigai/contracts'
import { useEffect, useState } from 'preact/hooks'
import { allActivities } from '../api/calls.ts'
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

/** Loads a year when it is looked at, and again when more activities are stored. */
export function useYears(stored: number, onSessionEnd: () => void): Years {
  const [year, show] = useState(() => new Date().getFullYear())
  const [loaded, setLoaded] = useState<{ year: number; activities: Activity[] }>()
  const [problem, setProblem] = useState<Problem>()
  const [sports, setSports] = useState<readonly string[]>([])

  useEffect(() => {
    let isCurrent = true
    if (stored === 0) return
    // By the reader's own zone, with a day more on either side for activities of other zones.
    const bounds = { after: `${year - 1}-12-31T00:00:00Z`, before: `${year + 1}-01-01T23:59:59Z` }
    allActivities(bounds).then(
      (found) => {
        const activities = found.filter(({ start_time }) => start_time.startsWith(String(year)))
        setSports((seen) => [...new Set([...seen, ...activities.map(({ sport_type }) => sport_type)])].sort())
        if (!isCurrent) return
        setLoaded({ year, activities })
        setProblem(undefined)
      },
      (error) => {
        if (!isCurrent) return
        const problem = asProblem(error)
        if (problem.status === 401) onSessionEnd()
        else setProblem(problem)
      },
    )
    return () => {
      isCurrent = false
    }
  }, [year, stored, onSessionEnd])

  return { year, show, problem, sports, activities: loaded?.year === year ? loaded.activities : undefined }
}
