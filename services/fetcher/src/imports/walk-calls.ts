import {
  type ActivityPage,
  pageSize,
  type ShownPage,
  type StravaClient,
  type StravaResult,
  type Walk,
} from '@ikigai/strava'

/** The columns of `imports` and `resyncs` that hold the position in a walk through a history. */
export interface StoredWalk {
  readonly cursorBefore: number | null
  readonly cursorPage: number
  readonly cursorStep: Walk['step']
}

/** The walk of a row. */
export const walkOf = ({ cursorBefore, cursorPage, cursorStep }: StoredWalk): Walk => ({
  before: cursorBefore,
  page: cursorPage,
  step: cursorStep,
})

/** The columns of a walk. */
export const walkColumns = ({ before, page, step }: Walk): StoredWalk => ({
  cursorBefore: before,
  cursorPage: page,
  cursorStep: step,
})

/** The request of a walk's next page. */
export function askFor(walk: Walk) {
  const { before, page } = walk
  return (client: StravaClient, token: string): Promise<StravaResult<ActivityPage>> =>
    client.listActivities(token, {
      perPage: pageSize(walk),
      ...(before === null ? {} : { before }),
      ...(page === 1 ? {} : { page }),
    })
}

/** The parts of a page that decide how a walk goes on. */
export function shownBy({ activities, skipped }: ActivityPage): ShownPage {
  const starts = activities.map(({ startDate }) => Math.floor(startDate.getTime() / 1_000))
  const oldest = starts.length === 0 ? undefined : starts.reduce((a, b) => Math.min(a, b))
  const newest = starts.length === 0 ? undefined : starts.reduce((a, b) => Math.max(a, b))
  const atOldest = starts.filter((start) => start === oldest).length
  return { count: activities.length + skipped, oldest, newest, atOldest }
}
