export { type Client, type ClientOptions, createClient, dataOf, type FollowOptions } from './client.ts'
export type { LiveMessage } from './follow-import.ts'
export { type Problem, ProblemError, type ProblemType } from './problem.ts'
export type { components, operations, paths } from './schema.ts'
