import { MAX_QUERY_LENGTH } from '../apps/authorization-request.ts'

/** Longer than every path of this site. The path is stored in the sign-in cookie. */
const MAX_LENGTH = 512
/** The path of an app's request that waits for the sign-in; its query is validated when it is requested again. */
const AUTHORIZE = '/auth/authorize'
const MAX_AUTHORIZE_LENGTH = AUTHORIZE.length + 1 + MAX_QUERY_LENGTH

/**
 * The path to return to after the sign-in: the requested one if it is on this site, else `/`. Rejects everything that a
 * browser resolves to another site (`//host`, `/\host`, a scheme), and the sign-in itself.
 */
export function localPath(returnTo: string | undefined, publicUrl: string): string {
  if (returnTo === undefined || !returnTo.startsWith('/')) return '/'
  const isAuthorize = returnTo.startsWith(`${AUTHORIZE}?`)
  if (returnTo.length > (isAuthorize ? MAX_AUTHORIZE_LENGTH : MAX_LENGTH)) return '/'
  if (!URL.canParse(returnTo, publicUrl)) return '/'
  const { origin, pathname, search, hash } = new URL(returnTo, publicUrl)
  if (origin !== new URL(publicUrl).origin) return '/'
  if (/^\/+auth(\/|$)/i.test(pathname) && pathname !== AUTHORIZE) return '/'
  // As parsed, so that a browser cannot parse it differently.
  const path = `${pathname}${search}${hash}`
  return path.startsWith('//') ? '/' : path
}
