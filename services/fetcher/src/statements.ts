/** Exports for the benchmark: the fetcher's statements in PostgreSQL, to be measured one by one. */
export { withAthleteLock } from './activities/athlete-lock.ts'
export { storeDocuments } from './activities/store.ts'
export { reviseEtas } from './imports/revise-etas.ts'
export { scheduleResyncs } from './resync/schedule.ts'
export { claimNext } from './schedule/claim.ts'
export { queueOrphans } from './schedule/orphans.ts'
export { schedule } from './schedule/schedule.ts'
