import type { HttpApp } from '@ikigai/chassis'
import type { GatewayConfig } from '../config.ts'

const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self'",
  'font-src': "'self'",
  'connect-src': "'self'",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
}

/** What a page may load: what is ours alone. `changes` replaces directives. */
export const contentSecurityPolicy = (changes: Readonly<Partial<typeof POLICY>> = {}): string =>
  Object.entries({ ...POLICY, ...changes })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join(';')

/** A year. Other hosts of the domain are not ikigai's to speak for, unless the operator says so. */
const HSTS = 'max-age=31536000'

/**
 * What every answer tells browsers: run and load what is ours alone, and let nobody frame it. The same for all, so it is
 * made once and not for each answer.
 */
export function securityHeaders(
  app: HttpApp,
  { publicUrl, hstsSubdomains }: Pick<GatewayConfig, 'publicUrl' | 'hstsSubdomains'>,
): void {
  const headers = {
    'content-security-policy': contentSecurityPolicy(),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-permitted-cross-domain-policies': 'none',
    ...(publicUrl.startsWith('https:')
      ? { 'strict-transport-security': `${HSTS}${hstsSubdomains === 'true' ? '; includeSubDomains' : ''}` }
      : {}),
  }
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}
