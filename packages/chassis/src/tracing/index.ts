export * from './spans.ts'
export * from './start-tracing.ts'
