import { useEffect, useState } from 'preact/hooks'
import type { Changes } from '../api/import-feed.ts'
import { Notice } from './frame.tsx'

interface NewActivityNoticeProps {
  /** When the import completed. */
  readonly completedAt: string | null
  readonly changes: Changes | undefined
  readonly shownId: string | undefined
  readonly onOpen: (id: string) => void
}

/** Events of the import itself may arrive this long after its end. */
const IMPORT_EVENTS_GRACE_MS = 20_000
/** More activities at once come from the history and are not announced. */
const MAX_NEW = 3

/** Announces a new activity until it is viewed. */
export function NewActivityNotice({ completedAt, changes, shownId, onOpen }: NewActivityNoticeProps) {
  const [arrived, setArrived] = useState<string>()
  useEffect(() => {
    const created = changes?.created ?? []
    const isFromImport = completedAt === null || Date.now() < Date.parse(completedAt) + IMPORT_EVENTS_GRACE_MS
    const newest = created.length > MAX_NEW || isFromImport ? undefined : created.at(-1)
    if (newest !== undefined) setArrived(newest)
    else if (arrived !== undefined && changes?.deleted.includes(arrived)) setArrived(undefined)
  }, [changes])
  const isNews = arrived !== undefined && arrived !== shownId
  return (
    <div class="news" role="status">
      {isNews && (
        <Notice title="New activity">
          <button type="button" onClick={() => onOpen(arrived)}>
            Show it
          </button>
        </Notice>
      )}
    </div>
  )
}
