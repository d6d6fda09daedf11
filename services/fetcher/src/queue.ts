/** Exports for the benchmark: the lanes and the queue, to run with handlers of its own. */
export { changingTogether } from './activities/change-together.ts'
export { inBatches } from './in-batches.ts'
export { type LaneDeps, type Lanes, startLanes } from './lanes.ts'
export { notifyingAfterCommit } from './schedule/after-commit.ts'
export type { Attempt } from './schedule/attempt.ts'
export { endAttempt } from './schedule/end-attempt.ts'
export { schedule } from './schedule/schedule.ts'
