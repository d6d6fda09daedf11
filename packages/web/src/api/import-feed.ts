import type { ImportStatus } from '@ikigai/contracts'
import { importStatus } from './calls.ts'
import { asProblem, type Problem } from './problem.ts'

const BUSY_MS = 3_000
const CALM_MS = 30_000

/** What a feed tells. */
export interface ImportListener {
  onStatus(status: ImportStatus): void
  onProblem(problem: Problem): void
}

/** Tells where the import stands, now and whenever that changes. Returns what ends it. */
export function followImport({ onStatus, onProblem }: ImportListener): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  async function refresh(): Promise<void> {
    let pause = BUSY_MS
    try {
      // A page that nobody looks at asks nothing.
      if (document.visibilityState === 'visible') {
        const status = await importStatus()
        if (isOver) return
        if (status.state === 'complete') pause = CALM_MS
        onStatus(status)
      }
    } catch (error) {
      if (isOver) return
      onProblem(asProblem(error))
    }
    timer = setTimeout(refresh, pause)
  }

  void refresh()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
