import type { ImportStatus } from '@ikigai/contracts'
import { importStatus } from './calls.ts'
import { asProblem, type Problem } from './problem.ts'

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
  onProblem(problem: Problem): void
}

/** Until the next try, when the stream is refused or was never there. */
const RETRY_MS = 5_000

/**
 * Tells where the import stands and what happens to activities, while it happens. A stream that breaks off is taken up
 * again by the browser, where it was. One that is refused is asked for again every few seconds, and the import's state
 * beside it, whose answer says what is the matter. Returns what ends it.
 */
export function followImport(listener: ImportListener): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  async function readOnce(): Promise<void> {
    try {
      const status = await importStatus()
      if (!isOver) listener.onStatus(status)
    } catch (error) {
      if (!isOver) listener.onProblem(asProblem(error))
    }
  }

  function connect(): void {
    source = new EventSource('/v1/import/events')
    source.addEventListener('import', ({ data }) => listener.onStatus(JSON.parse(data)))
    source.addEventListener('activity', ({ data }) => listener.onChanges(JSON.parse(data)))
    source.addEventListener('reload', () => void readOnce())
    source.addEventListener('error', () => {
      if (source?.readyState !== EventSource.CLOSED) return
      void readOnce()
      timer = setTimeout(connect, RETRY_MS)
    })
  }

  connect()
  return () => {
    isOver = true
    clearTimeout(timer)
    source?.close()
  }
}
