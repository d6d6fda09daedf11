export * from './messages.ts'
export * from './relay.ts'
