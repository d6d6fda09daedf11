import type { ImportStatus } from '@ikigai/contracts'
import { importStatus } from './calls.ts'
import { asProblem, type Problem } from './problem.ts'
import { shareAmongTabs } from './shared-stream.ts'

/** Ids of activities that have come, changed or gone. */
export interface Changes {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly deleted: readonly string[]
}

/** What a feed tells. */
export interface ImportListener {
  onStatus(status: ImportStatus): void
  onChanges(changes: Changes): void
  /** Activities may have changed in any way: what is shown has to be read again. */
  onMissed(): void
  onProblem(problem: Problem): void
}

/** What the tab that has the stream tells the others. */
type FeedMessage =
  | { readonly kind: 'status'; readonly status: ImportStatus }
  | { readonly kind: 'changes'; readonly changes: Changes }
  | { readonly kind: 'missed' }

/** Until the next try, when the stream is refused or was never there. */
const RETRY_MS = 5_000

/**
 * Tells where the athlete's import stands and what happens to the activities, while it happens. All tabs share one stream,
 * because a browser opens no more than six connections to an origin. A stream that breaks off is taken up again by the
 * browser, where it was. One that is refused is asked for again every few seconds, and the import's state beside it, whose
 * answer says what is the matter. Returns what ends it.
 */
export function followImport(athleteId: string, listener: ImportListener): () => void {
  let isOver = false
  /** Grows with each status, so that an older answer does not come after a newer one. */
  let told = 0

  function tell(message: FeedMessage): void {
    if (isOver) return
    if (message.kind === 'missed') listener.onMissed()
    else if (message.kind === 'changes') listener.onChanges(message.changes)
    else {
      told += 1
      listener.onStatus(message.status)
    }
  }

  async function readOnce(): Promise<void> {
    const before = told
    try {
      const status = await importStatus()
      if (told === before) tell({ kind: 'status', status })
    } catch (error) {
      if (!isOver) listener.onProblem(asProblem(error))
    }
  }

  function tellAll(message: FeedMessage): void {
    tell(message)
    shared.send(message)
  }

  function lead(): () => void {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const connect = () => {
      source = new EventSource('/v1/import/events')
      source.addEventListener('import', ({ data }) => tellAll({ kind: 'status', status: JSON.parse(data) }))
      source.addEventListener('activity', ({ data }) =>
        tellAll({ kind: 'changes', changes: JSON.parse(data) }),
      )
      source.addEventListener('reload', () => tellAll({ kind: 'missed' }))
      source.addEventListener('error', () => {
        if (source?.readyState !== EventSource.CLOSED) return
        void readOnce()
        timer = setTimeout(connect, RETRY_MS)
      })
    }
    connect()
    // Whoever had the stream before may have ended before the last events were passed on.
    if (told > 0) tellAll({ kind: 'missed' })
    return () => {
      clearTimeout(timer)
      source?.close()
    }
  }

  const shared = shareAmongTabs<FeedMessage>({
    name: `ikigai import ${athleteId}`,
    lead,
    onMessage: tell,
    onReturn: () => {
      void readOnce()
      tell({ kind: 'missed' })
    },
  })
  // Another tab may have the stream, which tells only what is new.
  void readOnce()
  return () => {
    isOver = true
    shared.close()
  }
}
