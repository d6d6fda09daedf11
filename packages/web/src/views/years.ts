import type { Activity } from '@ikigai/contracts'
import { useEffect, useState } from 'preact/hooks'
import { allActivities, importStatus } from '../api/calls.ts'
import type { Changes } from '../api/import-feed.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** A year of activities, and the navigation to other years. */
export interface Years {
  readonly year: number
  readonly activities: readonly Activity[] | undefined
  readonly problem: Problem | undefined
  /** How many activities there were in all when these were read, so that counts and lists move together; undefined: not read yet. */
  readonly stored: number | undefined
  /** Every sport that has been seen in any year looked at, sorted. */
  readonly sports: readonly string[]
  show(year: number): void
}

const RELOAD_PAUSE_MS = 700
/** While an import runs, the count may change during each attempt to read a year. */
const MAX_READS = 3

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
  const [total, setTotal] = useState<number>()
  const [problem, setProblem] = useState<Problem>()
  const [sports, setSports] = useState<readonly string[]>([])

  const isLoaded = loaded?.year === year
  useEffect(() => {
    if (stored === 0) return
    let isCurrent = true
    const load = async () => {
      try {
        const { activities, stored: total } = await readYear(year, stored)
        if (!isCurrent) return
        setLoaded({ year, activities })
        setTotal(total)
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

  return { year, show, problem, stored: total, sports, activities: isLoaded ? loaded.activities : undefined }
}

/** The activities of a year, and how many there are in all at the same time. `stored`: how many there were before. */
async function readYear(
  year: number,
  stored: number,
): Promise<{ readonly activities: Activity[]; readonly stored: number }> {
  let before = stored
  for (let left = MAX_READS; ; left -= 1) {
    const activities = await activitiesOf(year)
    const { activities_stored: after } = await importStatus()
    if (after === before || left === 1) return { activities, stored: after }
    before = after
  }
}

/** By their own days. */
const activitiesOf = (year: number) => allActivities({ from_date: `${year}-01-01`, to_date: `${year}-12-31` })
