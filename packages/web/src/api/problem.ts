import { ProblemError } from '@ikigai/client'

/** A failed request: problem details (RFC 9457) or a network error. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** 0: no answer. */
  readonly status: number
  /** The kind of problem, such as `no-activity-yet`; see docs/problems.md. */
  readonly slug: string
  /** `Retry-After` of the answer in seconds, if present. */
  readonly retryAfterSeconds: number | undefined

  constructor(message: string, { status = 0, problem, retryAfterSeconds }: Partial<ProblemError> = {}) {
    super(message)
    this.status = status
    this.slug = problem?.type.split('/').at(-1) ?? ''
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Converts any error to a problem. */
export const asProblem = (error: unknown) =>
  error instanceof ProblemError ? new Problem(error.message, error) : new Problem('ikigai cannot be reached.')
