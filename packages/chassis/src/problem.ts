/** The JSON body of a problem (RFC 9457). */
export interface ProblemDetails {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly [extension: string]: unknown
}

/** Stable `type` of a kind of problem. */
export const problemType = (slug: string) => `/problems/${slug}`

/** Options of a {@link Problem}. */
export interface ProblemOptions {
  readonly status: number
  /** Names the kind: kebab-case, stable. */
  readonly slug: string
  readonly title: string
  /** What happened and what to do, for a person. Contains no secret. */
  readonly detail: string
  readonly extensions?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown by a route to answer with problem details. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly details: ProblemDetails
  constructor({ status, slug, title, detail, extensions = {}, headers = {} }: ProblemOptions) {
    super(title)
    this.statusCode = status
    this.headers = headers
    this.details = { type: problemType(slug), title, status, detail, ...extensions }
  }
}
