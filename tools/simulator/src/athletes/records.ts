import type { StravaId } from '../ids.ts'
import type { ActivityChanges, Visibility } from './schemas.ts'

/** The stored part of an activity; the rest is generated from the seed on demand. */
export interface ActivityRecord {
  id: StravaId
  athlete: AthleteRecord
  /** Position in the athlete's history, the source of everything made up. */
  index: number
  startSeconds: number
  visibility: Visibility
  manual: boolean
  /** Given or edited values, which override generated ones. */
  given?: ActivityChanges
}

export interface AthleteRecord {
  id: StravaId
  seed: number
  /** Values of `sport_type` in the history; undefined: any. */
  sports: readonly string[] | undefined
  firstname: string
  lastname: string
  username: string
  /** Epoch seconds. */
  createdAt: number
  /** Oldest first; same second: lower id first. */
  activities: ActivityRecord[]
  /** The next `index`. */
  nextIndex: number
}

/** Whether it is an "Only You" activity. */
export function isPrivate(activity: ActivityRecord): boolean {
  return activity.visibility === 'only_me'
}

/** Order of an athlete's activities: by start, then by id. */
export function compareActivities(left: ActivityRecord, right: ActivityRecord): number {
  if (left.startSeconds !== right.startSeconds) return left.startSeconds - right.startSeconds
  if (left.id.length !== right.id.length) return left.id.length - right.id.length
  return left.id < right.id ? -1 : 1
}
