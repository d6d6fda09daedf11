import { toJsonText } from '../json/json-text.ts'
import { detailedActivity } from './detailed.ts'
import { activityFacts } from './facts.ts'
import type { ActivityRecord } from './records.ts'
import { summaryActivity } from './summary.ts'

/** The JSON text of an activity. Made on demand: nothing of it is kept. */
export function activityText(activity: ActivityRecord, representation: 'summary' | 'detailed'): string {
  const facts = activityFacts(activity)
  const json =
    representation === 'summary' ? summaryActivity(activity, facts) : detailedActivity(activity, facts)
  return toJsonText(json)
}
