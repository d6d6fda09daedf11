import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether a request that changes something may rely on its cookie. Browsers say where such a request comes from,
 * in `Sec-Fetch-Site` or, older ones, in `Origin`; a client that says neither is no browser, and nobody else's
 * page can have made it ask.
 */
export function comesFromOwnPages(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return headers.origin === undefined || headers.origin === new URL(publicUrl).origin
}
