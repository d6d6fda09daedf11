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
  /** Activities may have changed in any way: what is shown has to be read again. */
  onMissed(): void
  onProblem(problem: Problem): void
}

/** Message from the tab with the stream to the others. */
type FeedMessage =
  | { readonly kind: 'status'; readonly status: ImportStatus }
  | { readonly kind: 'changes'; readonly changes: Changes }
  | { readonly kind: 'missed' }

/** Until the next try, when the stream is refused or was never there. */
const RETRY_MS = 5_000

/**
 * Reports the import status and changes to activities live. All tabs share one stream,
 * because a browser opens no more than six connections to an origin. A stream that breaks off is taken up again by the
 * browser, where it was. One that is refused is asked for again every few seconds, and the import's state beside it, whose
 * answer says what is the matter. Returns what ends it.
 */
export function followImport(athleteId: string, listener: ImportListener): () => void {
  let isOver = false
  /** Grows with each status, so that an older answer does not come after a newer one. */
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
      // Once the stream is open: a change between an earlier read and then would reach nobody.
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
    // The previous leader may have closed before it forwarded its last events.
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
