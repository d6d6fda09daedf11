import type { IncomingHttpHeaders } from 'node:http'

/**
 * CSRF check: whether a state-changing request may use its cookie. Browsers send `Sec-Fetch-Site` or, older ones,
 * `Origin`; a client that sends neither is not a browser, so no other site can have caused the request.
 */
export function comesFromOwnPages(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return headers.origin === undefined || headers.origin === new URL(publicUrl).origin
}
