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

/** The walk that a row stores. */
export const walkOf = ({ cursorBefore, cursorPage, cursorStep }: StoredWalk): Walk => ({
  before: cursorBefore,
  page: cursorPage,
  step: cursorStep,
})

/** The columns that store a walk. */
export const walkColumns = ({ before, page, step }: Walk): StoredWalk => ({
  cursorBefore: before,
  cursorPage: page,
  cursorStep: step,
})

/** The call for a walk's next page. */
export function pageRequest(walk: Walk) {
  const { before, page } = walk
  return (client: StravaClient, token: string): Promise<StravaResult<ActivityPage>> =>
    client.listActivities(token, {
      perPage: pageSize(walk),
      ...(before === null ? {} : { before }),
      ...(page === 1 ? {} : { page }),
    })
}

/** Summary of a page, from which the walk derives its next step. Start times are epoch seconds. */
export function shownBy({ activities, skipped }: ActivityPage): ShownPage {
  const starts = activities.map(({ startDate }) => Math.floor(startDate.getTime() / 1_000))
  const oldest = starts.length === 0 ? undefined : starts.reduce((a, b) => Math.min(a, b))
  const newest = starts.length === 0 ? undefined : starts.reduce((a, b) => Math.max(a, b))
  const atOldest = starts.filter((start) => start === oldest).length
  return { count: activities.length + skipped, oldest, newest, atOldest }
}
