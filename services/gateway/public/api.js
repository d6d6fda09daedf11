/** An answer that is no success, with what the server says of it. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? 'The server did not answer.')
    this.status = status
    this.body = body
  }
}

async function call(path, options) {
  const response = await fetch(path, { headers: { accept: 'application/json' }, ...options }).catch(() => {
    throw new Problem(0, { detail: 'ikigai cannot be reached. Are you online?' })
  })
  const text = await response.text()
  if (!response.ok) throw new Problem(response.status, parse(text))
  return response.status === 204 ? undefined : parse(text)
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

export const me = () => call('/v1/me')
export const randomActivity = () => call('/v1/activities/random')
export const importStatus = () => call('/v1/import')
export const disconnect = () => call('/v1/me', { method: 'DELETE' })
export const signOut = () => call('/auth/logout', { method: 'POST' })
