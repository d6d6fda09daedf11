export { runSuite, type Suite, type SuiteCounts } from './suite.ts'
export type { TestFile } from './test-process.ts'
