export * from './capacity.ts'
export * from './scenario.ts'
export * from './targets.ts'
export * from './workload.ts'
