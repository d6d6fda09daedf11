import { MAX_QUERY_LENGTH } from '../apps/authorization-request.ts'

/** Longer ones are of no page of ours, and the sign-in cookie has to hold it. */
const MAX_LENGTH = 512
/** Where an app's request waits for the sign-in; its query is checked when it is asked for again. */
const AUTHORIZE = '/auth/authorize'
const MAX_AUTHORIZE_LENGTH = AUTHORIZE.length + 1 + MAX_QUERY_LENGTH

/**
 * Where to go after the sign-in: the path that was asked for if it is one of this site, else `/`. Anything that a browser
 * would take for another site (`//host`, `/\host`, a scheme), and the sign-in itself, is not.
 */
export function localPath(returnTo: string | undefined, publicUrl: string): string {
  if (returnTo === undefined || !returnTo.startsWith('/')) return '/'
  const isAuthorize = returnTo.startsWith(`${AUTHORIZE}?`)
  if (returnTo.length > (isAuthorize ? MAX_AUTHORIZE_LENGTH : MAX_LENGTH)) return '/'
  if (!URL.canParse(returnTo, publicUrl)) return '/'
  const { origin, pathname, search, hash } = new URL(returnTo, publicUrl)
  if (origin !== new URL(publicUrl).origin) return '/'
  if (/^\/+auth(\/|$)/i.test(pathname) && pathname !== AUTHORIZE) return '/'
  // As the parser understood it, so that a browser cannot understand it otherwise.
  const path = `${pathname}${search}${hash}`
  return path.startsWith('//') ? '/' : path
}
