import type { Problem } from './operations.ts'
import type { FetchResponse } from './platform.ts'
import { type OtherProblem, problemOf } from './problem-body.ts'

/** The types of problems, such as `/problems/no-activity-yet`. */
export type ProblemType = Problem['type']

/** A problem of the API, or another error. */
export type AnyProblem = Problem | OtherProblem

/** Thrown for an answer that is a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** HTTP status. */
  readonly status: number
  readonly problem: AnyProblem
  /** `Retry-After` of the answer in seconds, if present. */
  readonly retryAfterSeconds: number | undefined

  constructor(response: Pick<FetchResponse, 'status' | 'headers'>, problem: AnyProblem) {
    super(problem.detail)
    this.status = response.status
    this.problem = problem
    this.retryAfterSeconds = secondsOf(response.headers.get('retry-after'))
  }

  /** Parses an error answer. */
  static async of(response: FetchResponse): Promise<ProblemError> {
    return new ProblemError(response, problemOf<Problem>(response.status, await response.text()))
  }
}

function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}
