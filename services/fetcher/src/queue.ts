/** The queue by itself, without what the fetcher does with it. */
export { type LaneDeps, type Lanes, startLanes } from './lanes.ts'
export { tellingAfterCommit } from './schedule/after-commit.ts'
export type { Attempt } from './schedule/attempt.ts'
export { endAttempt } from './schedule/end-attempt.ts'
export { schedule } from './schedule/schedule.ts'
