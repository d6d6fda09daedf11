/** No path of this site is longer, and the sign-in cookie has to hold it. */
const MAX_LENGTH = 512

/**
 * The path to return to after the sign-in: the requested one if it is on this site, else `/`. Rejects everything that a
 * browser resolves to another site (`//host`, `/\host`, a scheme), and the sign-in itself.
 */
export function localPath(returnTo: string | undefined, publicUrl: string): string {
  if (returnTo === undefined || !returnTo.startsWith('/') || returnTo.length > MAX_LENGTH) return '/'
  if (!URL.canParse(returnTo, publicUrl)) return '/'
  const { origin, pathname, search, hash } = new URL(returnTo, publicUrl)
  if (origin !== new URL(publicUrl).origin || /^\/+auth(\/|$)/i.test(pathname)) return '/'
  // As parsed, so that a browser cannot parse it differently.
  const path = `${pathname}${search}${hash}`
  return path.startsWith('//') ? '/' : path
}
