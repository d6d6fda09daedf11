const ALWAYS_ALLOWED = ['localhost', '127.0.0.1']

/** Whether a redirect URI lies inside the callback domain, or on the developer's own machine. */
export function isAllowedRedirect(redirectUri: string, callbackDomain: string): boolean {
  if (!URL.canParse(redirectUri)) return false
  const { hostname } = new URL(redirectUri)
  return (
    ALWAYS_ALLOWED.includes(hostname) ||
    hostname === callbackDomain ||
    hostname.endsWith(`.${callbackDomain}`)
  )
}

/** Adds the answer to a redirect URI. Commas and colons stay as they are, as on Strava's wire. */
export function withAnswer(redirectUri: string, answer: readonly (readonly [string, string])[]): string {
  const query = answer
    .map(
      ([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%3A', ':')}`,
    )
    .join('&')
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`
}
