import type { ActivityFilter } from '@ikigai/contracts'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type ActivityWithDetail, activity, randomActivity } from '../api/calls.ts'
import { asProblem, type Problem } from '../api/problem.ts'

/** The activity that is shown, or why there is none. */
export type Choice =
  | { readonly state: 'loading' }
  | { readonly state: 'shown'; readonly activity: ActivityWithDetail }
  | { readonly state: 'none-yet' }
  | { readonly state: 'no-match' }
  | { readonly state: 'failed'; readonly problem: Problem }

/** The choice, and what makes another one. */
export interface ChoiceControl {
  readonly choice: Choice
  /** Whether one is on its way; the earlier one is shown meanwhile. */
  readonly isBusy: boolean
  another(): void
  open(id: string): void
  /** Shows what is shown as it is now, or another one if it is gone: unasked, so nothing is said of it. */
  renew(id: string): void
}

const WALK_BEGINS = ''

/**
 * A random activity that fits the filter, at once and whenever asked for: none comes twice before all have been seen.
 * Tells of a session that has ended.
 */
export function useChoice(filter: ActivityFilter, onSessionEnd: () => void): ChoiceControl {
  const [choice, setChoice] = useState<Choice>({ state: 'loading' })
  const [isBusy, setBusy] = useState(true)
  const latest = useRef(0)
  const walk = useRef({ filter, cursor: WALK_BEGINS })

  const load = useCallback(
    async (ask: () => Promise<ActivityWithDetail>, { isAsked = true, whenGone = () => {} } = {}) => {
      latest.current += 1
      const mine = latest.current
      if (isAsked) setBusy(true)
      const next = await ask().then((found): Choice => ({ state: 'shown', activity: found }), choiceOf)
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
    if (walk.current.filter !== filter) walk.current = { filter, cursor: WALK_BEGINS }
    void load(() => nextOf(walk.current))
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

interface Walk {
  readonly filter: ActivityFilter
  cursor: string
}

/** The next of a walk. Where the server no longer knows the cursor, or after the last activity, another walk begins. */
async function nextOf(walk: Walk): Promise<ActivityWithDetail> {
  const { filter, cursor } = walk
  const step = await randomActivity(filter, cursor).catch((error: unknown) => {
    if (cursor === WALK_BEGINS || asProblem(error).slug !== 'invalid-cursor') throw error
    return randomActivity(filter, WALK_BEGINS)
  })
  walk.cursor = step.next_cursor ?? WALK_BEGINS
  return step
}

function choiceOf(error: unknown): Choice | 'session-ended' {
  const problem = asProblem(error)
  if (problem.status === 401) return 'session-ended'
  if (problem.slug === 'no-activity-yet') return { state: 'none-yet' }
  if (problem.slug === 'no-activity-matches') return { state: 'no-match' }
  return { state: 'failed', problem }
}
