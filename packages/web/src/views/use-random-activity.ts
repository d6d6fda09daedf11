import type { ActivityFilter } from '@ikigai/contracts'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type ActivityWithDetail, activity, randomActivity } from '../api/calls.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** The random activity, or the reason why there is none. */
export type RandomActivity =
  | { readonly state: 'loading' }
  | { readonly state: 'shown'; readonly activity: ActivityWithDetail }
  | { readonly state: 'none-yet' }
  | { readonly state: 'no-match' }
  | { readonly state: 'failed'; readonly problem: Problem }

/** The current choice and its actions. */
export interface ChoiceControl {
  readonly choice: RandomActivity
  /** Whether the next activity is loading; the current one stays visible. */
  readonly isBusy: boolean
  another(): void
  open(id: string): void
  /** Reloads the shown activity in the background, or shows another one if it was deleted. */
  renew(id: string): void
}

const SHUFFLE_START = ''

/**
 * A random matching activity, on load and on request; none is repeated before all were shown. Calls `onSessionEnd` on 401.
 */
export function useRandomActivity(filter: ActivityFilter, onSessionEnd: () => void): ChoiceControl {
  const [choice, setChoice] = useState<RandomActivity>({ state: 'loading' })
  const [isBusy, setBusy] = useState(true)
  const latest = useRef(0)
  const shuffle = useRef({ filter, cursor: SHUFFLE_START })

  const load = useCallback(
    async (ask: () => Promise<ActivityWithDetail>, { isAsked = true, whenGone = () => {} } = {}) => {
      latest.current += 1
      const mine = latest.current
      if (isAsked) setBusy(true)
      const next = await ask().then(
        (found): RandomActivity => ({ state: 'shown', activity: found }),
        choiceOf,
      )
      if (mine !== latest.current) return
      setBusy(false)
      if (next === 'session-ended') onSessionEnd()
      else if (isAsked || next.state === 'shown') setChoice(next)
      else if (next.state === 'failed' && next.problem.slug === 'no-such-activity') whenGone()
    },
    [onSessionEnd],
  )
  const another = useCallback(() => {
    history.replaceState(null, '', '/')
    if (shuffle.current.filter !== filter) shuffle.current = { filter, cursor: SHUFFLE_START }
    void load(() => nextOf(shuffle.current))
  }, [filter, load])
  const open = useCallback(
    (id: string) => {
      history.replaceState(null, '', `/?activity=${id}`)
      void load(() => activity(id))
    },
    [load],
  )
  const renew = useCallback(
    (id: string) => void load(() => activity(id), { isAsked: false, whenGone: another }),
    [another, load],
  )

  const isFirst = useRef(true)
  useEffect(() => {
    const linked = isFirst.current ? new URLSearchParams(location.search).get('activity') : null
    isFirst.current = false
    if (linked === null) another()
    else open(linked)
  }, [another, open])
  return { choice, isBusy, another, open, renew }
}

interface Shuffle {
  readonly filter: ActivityFilter
  cursor: string
}

/** The next activity of a shuffle. A new shuffle starts after the last one or if the server rejects the cursor. */
async function nextOf(shuffle: Shuffle): Promise<ActivityWithDetail> {
  const { filter, cursor } = shuffle
  const step = await randomActivity(filter, cursor).catch((error: unknown) => {
    if (cursor === SHUFFLE_START || asProblem(error).slug !== 'invalid-cursor') throw error
    return randomActivity(filter, SHUFFLE_START)
  })
  shuffle.cursor = step.next_cursor ?? SHUFFLE_START
  return step
}

function choiceOf(error: unknown): RandomActivity | 'session-ended' {
  const problem = asProblem(error)
  if (problem.status === 401) return 'session-ended'
  if (problem.slug === 'no-activity-yet') return { state: 'none-yet' }
  if (problem.slug === 'no-activity-matches') return { state: 'no-match' }
  return { state: 'failed', problem }
}
