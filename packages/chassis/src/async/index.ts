export * from './backoff.ts'
export * from './pause.ts'
export * from './single-flight.ts'
export * from './with-timeout.ts'
