/** An error that does not come from the API, for example a proxy's; `about:blank` as in RFC 9457. */
export interface OtherProblem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
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

/** Only a shallow check: the API's tests validate its problems against their schemas. */
function isProblem<P>(body: unknown): body is P {
  if (typeof body !== 'object' || body === null || !('type' in body) || !('detail' in body)) return false
  return (
    typeof body.type === 'string' && body.type.startsWith('/problems/') && typeof body.detail === 'string'
  )
}
