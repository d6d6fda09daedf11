const SECRET_PARAMETERS = new Set(['access_token', 'client_secret', 'code', 'refresh_token', 'token'])

/** Path and query of a call, with the values of secrets replaced. */
export function redactUrl(url: string): string {
  const [path = '', query] = url.split('?', 2)
  if (query === undefined) return path
  const parameters = new URLSearchParams(query)
  for (const name of new Set(parameters.keys())) {
    if (SECRET_PARAMETERS.has(name)) parameters.set(name, 'redacted')
  }
  return `${path}?${parameters}`
}
