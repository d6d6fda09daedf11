import { Problem } from '@ikigai/chassis'
import type { ApiScope } from '@ikigai/contracts'
import type { Session } from '@ikigai/sessions'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scopes that an app or a personal access token needs; undefined: the operation is for sessions only. */
    scopes?: readonly ApiScope[]
  }
}

/** The authenticated caller: the athlete's session (no `scopes`: everything), an app, or a personal access token. */
export interface Caller extends Session {
  readonly scopes?: readonly string[]
}

/** Security of an operation that apps may use, for the API's description. */
export const allowing = (...scopes: ApiScope[]) => [{ oauth2: scopes }, { bearer: [] }, { cookie: [] }]

/**
 * Checks whether a caller may use an operation.
 *
 * @param needed undefined: only the athlete's own session may use it
 * @throws Problem 403 with the required scopes (RFC 6750, 3.1)
 */
export function checkScopes({ scopes }: Caller, needed: readonly ApiScope[] | undefined): void {
  if (scopes === undefined) return
  if (needed === undefined) throw onlyOnPage()
  const missing = needed.filter((scope) => !scopes.includes(scope))
  if (missing.length > 0) throw insufficientScope(needed, missing)
}

const insufficientScope = (needed: readonly ApiScope[], missing: readonly ApiScope[]) =>
  new Problem({
    status: 403,
    slug: 'insufficient-scope',
    title: 'Insufficient scope',
    detail: `This token lacks ${missing.join(' and ')}.`,
    extensions: { required_scopes: needed },
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${needed.join(' ')}"` },
  })

const onlyOnPage = () =>
  new Problem({
    status: 403,
    slug: 'insufficient-scope',
    title: 'Insufficient scope',
    detail: 'Only the athlete can do this, on the page. Apps and personal access tokens cannot.',
    extensions: { required_scopes: [] },
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  })
