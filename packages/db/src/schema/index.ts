export * from './activities.ts'
export * from './application.ts'
export * from './athletes.ts'
export * from './fetch-queue.ts'
