import { Problem } from '@ikigai/chassis'
import type { ApiScope } from '@ikigai/contracts'
import type { Session } from '@ikigai/sessions'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that an app or a personal access token needs; without one, the operation is for sessions only. */
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
 * Whether a caller may use an operation.
 *
 * @param needed undefined for what is the athlete's own to do
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
    detail: 'The athlete does this on the page: neither an app nor a personal access token can.',
    extensions: { required_scopes: [] },
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  })
