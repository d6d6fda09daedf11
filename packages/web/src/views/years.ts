import { useEffect, useState } from 'preact/hooks'
import { activity, allActivities, importStatus } from '../api/calls.ts'
import type { Changes } from '../api/import-feed.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import { YearFeed, type YearList } from '../api/year-feed.ts'
import type { ListedActivity } from '../model/calendar.ts'

/** A year of activities, and the navigation to other years. */
export interface Years {
  readonly year: number
  readonly activities: readonly ListedActivity[] | undefined
  readonly problem: Problem | undefined
  /** Number of all activities when these were read, so that counts and lists agree; undefined: not read yet. */
  readonly stored: number | undefined
  /** All sports of the years shown so far, sorted. */
  readonly sports: readonly string[]
  show(year: number): void
}

/** Inputs of {@link useYears}; a change updates the year. */
export interface YearsOptions {
  /** Number of all activities. */
  readonly stored: number
  /** The last changes received. */
  readonly changes: Changes | undefined
  /** Number of gaps in the stream, in which changes may have been missed. */
  readonly missed: number
  readonly onSessionEnd: () => void
}

/** Loads the shown year and keeps it up to date. */
export function useYears({ stored, changes, missed, onSessionEnd }: YearsOptions): Years {
  const [year, show] = useState(() => new Date().getFullYear())
  const [list, setList] = useState<YearList>()
  const [problem, setProblem] = useState<Problem>()
  const [sports, setSports] = useState<readonly string[]>([])
  const [feed] = useState(
    () =>
      new YearFeed(year, {
        ...requests,
        onList: (read) => {
          setList(read)
          setSports((seen) => sportsOf(seen, read.activities))
          setProblem(undefined)
        },
        onProblem: (error) => {
          const problem = asProblem(error)
          if (problem.status === 401) onSessionEnd()
          else setProblem(problem)
        },
      }),
  )
  useEffect(() => () => feed.close(), [feed])
  useEffect(() => feed.show(year), [feed, year])
  useEffect(() => {
    if (changes !== undefined) feed.add(changes)
  }, [feed, changes])
  useEffect(() => feed.setStored(stored), [feed, stored])
  useEffect(() => {
    if (missed > 0) feed.readAgain()
  }, [feed, missed])

  const activities = list?.year === year ? list.activities : undefined
  return { year, show, problem, stored: list?.stored, sports, activities }
}

const requests = {
  /** Activities whose local day is in the year. */
  readYear: (year: number) => allActivities({ from_date: `${year}-01-01`, to_date: `${year}-12-31` }),
  readActivity: async (id: string): Promise<ListedActivity | undefined> => {
    try {
      return await activity(id)
    } catch (error) {
      if (asProblem(error).slug === 'no-such-activity') return undefined
      throw error
    }
  },
  readStored: async () => (await importStatus()).activities_stored,
  clock: {
    now: () => performance.now(),
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  },
}

/** Adds new sports; the same array if there are none. */
function sportsOf(seen: readonly string[], activities: readonly ListedActivity[]): readonly string[] {
  const all = new Set([...seen, ...activities.map(({ sport_type }) => sport_type)])
  return all.size === seen.length ? seen : [...all].sort()
}
