import type { Problem } from './operations.ts'
import type { FetchResponse } from './platform.ts'

/** What a problem's `type` can be, such as `/problems/no-activity-yet`. */
export type ProblemType = Problem['type']

/** An error that is none of the API's own, for example a proxy's; `about:blank` as in RFC 9457. */
export interface OtherProblem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
}

/** A problem of the API, or another error. */
export type AnyProblem = Problem | OtherProblem

/** Thrown for an answer that is a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** Of HTTP. */
  readonly status: number
  readonly problem: AnyProblem
  /** When another try makes sense, in seconds from now, where the answer says so. */
  readonly retryAfterSeconds: number | undefined

  constructor(response: Pick<FetchResponse, 'status' | 'headers'>, problem: AnyProblem) {
    super(problem.detail)
    this.status = response.status
    this.problem = problem
    this.retryAfterSeconds = secondsOf(response.headers.get('retry-after'))
  }

  /** Reads an answer that is not the one asked for. */
  static async of(response: FetchResponse): Promise<ProblemError> {
    return new ProblemError(response, problemOf<Problem>(response.status, await response.text()))
  }
}

/** The problem in an answer's body. */
export function problemOf<P>(status: number, text: string): NonNullable<P> | OtherProblem {
  const body = parsed(text)
  return isProblem<NonNullable<P>>(body)
    ? body
    : { type: 'about:blank', title: 'Error', status, detail: `The server answered with ${status}.` }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The API's own tests hold its problems to its schemas. */
function isProblem<P>(body: unknown): body is P {
  if (typeof body !== 'object' || body === null || !('type' in body) || !('detail' in body)) return false
  return (
    typeof body.type === 'string' && body.type.startsWith('/problems/') && typeof body.detail === 'string'
  )
}

function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}
