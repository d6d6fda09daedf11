export * from './activities.ts'
export * from './application.ts'
export * from './athletes.ts'
