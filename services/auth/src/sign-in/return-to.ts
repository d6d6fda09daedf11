/** Longer ones are of no page of ours, and the sign-in cookie has to hold it. */
const MAX_LENGTH = 512

/**
 * Where to go after the sign-in: the path that was asked for if it is one of this site, else `/`. Anything that a browser
 * would take for another site (`//host`, `/\host`, a scheme), and the sign-in itself, is not.
 */
export function localPath(returnTo: string | undefined, publicUrl: string): string {
  if (returnTo === undefined || !returnTo.startsWith('/') || returnTo.length > MAX_LENGTH) return '/'
  if (!URL.canParse(returnTo, publicUrl)) return '/'
  const { origin, pathname, search, hash } = new URL(returnTo, publicUrl)
  if (origin !== new URL(publicUrl).origin || /^\/+auth(\/|$)/i.test(pathname)) return '/'
  // As the parser understood it, so that a browser cannot understand it otherwise.
  const path = `${pathname}${search}${hash}`
  return path.startsWith('//') ? '/' : path
}
