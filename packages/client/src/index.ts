export type { Answer, CallOptions, Failure, RequestOptions, Success } from './call.ts'
export {
  type Client,
  type ClientOptions,
  createClient,
  dataOf,
  type FollowOptions,
  type StreamOptions,
} from './client.ts'
export type { Problem } from './operations.ts'
export type { Fetch, FetchResponse, Signal } from './platform.ts'
export { type AnyProblem, ProblemError, type ProblemType } from './problem.ts'
export type { OtherProblem } from './problem-body.ts'
export type * from './schema.ts'
export type { GetToken } from './tokens.ts'
