import { useEffect, useState } from 'preact/hooks'
import type { Changes } from '../api/import-feed.ts'
import { Notice } from './frame.tsx'

interface ArrivalProps {
  readonly changes: Changes | undefined
  readonly shownId: string | undefined
  readonly onOpen: (id: string) => void
}

/** Says that an activity has just come in, until it is looked at. */
export function Arrival({ changes, shownId, onOpen }: ArrivalProps) {
  const [arrived, setArrived] = useState<string>()
  useEffect(() => {
    const newest = changes?.created.at(-1)
    if (newest !== undefined) setArrived(newest)
    else if (arrived !== undefined && changes?.deleted.includes(arrived)) setArrived(undefined)
  }, [changes])
  const isNews = arrived !== undefined && arrived !== shownId
  return (
    <div role="status">
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
