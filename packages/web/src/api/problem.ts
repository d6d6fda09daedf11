/** Why a call failed, as the server tells it (RFC 9457), or as the browser does. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** 0: no answer came. */
  readonly status: number
  /** Names the kind, such as `no-activity-yet`; see docs/problems.md. */
  readonly slug: string
  /** When another try makes sense, in seconds from now, where the server says so. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, body: Readonly<Record<string, unknown>>, retryAfter?: string | null) {
    const { detail, title, type } = body
    super(firstText(detail, title) ?? 'The server did not answer as it should.')
    this.status = status
    this.slug = typeof type === 'string' ? (type.split('/').at(-1) ?? '') : ''
    const seconds = Number(retryAfter ?? Number.NaN)
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined
  }
}

const firstText = (...candidates: readonly unknown[]) =>
  candidates.find((text): text is string => typeof text === 'string' && text !== '')

/** Whatever was thrown, as a problem. */
export const asProblem = (error: unknown) =>
  error instanceof Problem ? error : new Problem(0, { detail: 'ikigai cannot be reached.' })
