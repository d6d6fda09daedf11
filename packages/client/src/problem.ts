import type { components } from './schema.ts'

type Schemas = components['schemas']

/** Every problem that the API answers with (RFC 9457). `type` tells them apart, and with it what else they hold. */
export type Problem = Schemas[Extract<keyof Schemas, `${string}Problem`>]

/** What a problem's `type` can be, such as `/problems/no-activity-yet`. */
export type ProblemType = Problem['type']

/** An answer that is a problem, or none that the API gives (from a proxy, say): then `problem` is undefined. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** Of HTTP. */
  readonly status: number
  readonly problem: Problem | undefined
  /** When another try makes sense, in seconds from now, where the answer says so. */
  readonly retryAfterSeconds: number | undefined

  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined
    super(problem?.detail ?? `The server answered with ${response.status}.`)
    this.status = response.status
    this.problem = problem
    this.retryAfterSeconds = secondsOf(response.headers.get('retry-after'))
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null || !('type' in body) || !('detail' in body)) return false
  return (
    typeof body.type === 'string' && body.type.startsWith('/problems/') && typeof body.detail === 'string'
  )
}

function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}
