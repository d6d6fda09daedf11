import { useEffect, useState } from 'preact/hooks'
import type { Changes } from '../api/import-feed.ts'
import { Notice } from './frame.tsx'

interface ArrivalProps {
  /** When the import was complete. */
  readonly completedAt: string | null
  readonly changes: Changes | undefined
  readonly shownId: string | undefined
  readonly onOpen: (id: string) => void
}

/** What the import itself has brought may be told of a little later. */
const AFTERMATH_MS = 20_000
/** What has just been done is one, or a few; more is the past. */
const MOST = 3

/** Says that an activity has just come in, until it is looked at. */
export function Arrival({ completedAt, changes, shownId, onOpen }: ArrivalProps) {
  const [arrived, setArrived] = useState<string>()
  useEffect(() => {
    const created = changes?.created ?? []
    const isAftermath = completedAt === null || Date.now() < Date.parse(completedAt) + AFTERMATH_MS
    const newest = created.length > MOST || isAftermath ? undefined : created.at(-1)
    if (newest !== undefined) setArrived(newest)
    else if (arrived !== undefined && changes?.deleted.includes(arrived)) setArrived(undefined)
  }, [changes])
  const isNews = arrived !== undefined && arrived !== shownId
  return (
    <div class="news" role="status">
      {isNews && (
        <Notice title="A new activity has come in">
          <button type="button" onClick={() => onOpen(arrived)}>
            Show it
          </button>
        </Notice>
      )}
    </div>
  )
}
