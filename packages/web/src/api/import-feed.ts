import type { ImportStatus } from '@ikigai/contracts'
import type { Changes } from '../model/year-list.ts'
import { importStatus } from './calls.ts'
import { asProblem, type Problem } from './problem.ts'
import { shareAmongTabs } from './shared-stream.ts'

export type { Changes }

/** Callbacks of the feed. */
export interface ImportListener {
  onStatus(status: ImportStatus): void
  onChanges(changes: Changes): void
  /** Changes may have been missed: everything shown has to be read again. */
  onMissed(): void
  onProblem(problem: Problem): void
}

/** Message from the tab with the stream to the others. */
type FeedMessage =
  | { readonly kind: 'status'; readonly status: ImportStatus }
  | { readonly kind: 'changes'; readonly changes: Changes }
  | { readonly kind: 'missed' }

/** Delay before the next attempt after the stream was refused (ms). */
const RETRY_MS = 5_000

/**
 * Reports the import status and changes to activities live. All tabs share one stream, because a browser opens at most six
 * connections to an origin. The browser resumes a broken stream. After a refused one, the stream is requested again every few
 * seconds, and the import's state as well, whose error shows the reason. Returns a function that ends it.
 */
export function followImport(athleteId: string, listener: ImportListener): () => void {
  let isOver = false
  /** Number of statuses received, so that an older answer does not replace a newer one. */
  let received = 0

  function notify(message: FeedMessage): void {
    if (isOver) return
    if (message.kind === 'missed') listener.onMissed()
    else if (message.kind === 'changes') listener.onChanges(message.changes)
    else {
      received += 1
      listener.onStatus(message.status)
    }
  }

  async function readOnce(): Promise<void> {
    const before = received
    try {
      const status = await importStatus()
      if (received === before) notify({ kind: 'status', status })
    } catch (error) {
      if (!isOver) listener.onProblem(asProblem(error))
    }
  }

  function broadcast(message: FeedMessage): void {
    notify(message)
    shared.send(message)
  }

  function lead(): () => void {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const connect = (hasMissed: boolean) => {
      source = new EventSource('/v1/import/events')
      // Only once the stream is open: a change before that would be missed.
      if (hasMissed) source.addEventListener('open', () => broadcast({ kind: 'missed' }), { once: true })
      source.addEventListener('import', ({ data }) => broadcast({ kind: 'status', status: JSON.parse(data) }))
      source.addEventListener('activity', ({ data }) =>
        broadcast({ kind: 'changes', changes: JSON.parse(data) }),
      )
      source.addEventListener('reload', () => broadcast({ kind: 'missed' }))
      source.addEventListener('error', () => {
        if (source?.readyState !== EventSource.CLOSED) return
        void readOnce()
        timer = setTimeout(() => connect(true), RETRY_MS)
      })
    }
    // The previous leading tab may have closed before it forwarded its last events.
    connect(received > 0)
    return () => {
      clearTimeout(timer)
      source?.close()
    }
  }

  const shared = shareAmongTabs<FeedMessage>({
    name: `ikigai import ${athleteId}`,
    lead,
    onMessage: notify,
    onReturn: () => {
      void readOnce()
      notify({ kind: 'missed' })
    },
  })
  // Another tab may have the stream, which sends only changes.
  void readOnce()
  return () => {
    isOver = true
    shared.close()
  }
}
