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

/** Content-Security-Policy that allows our own origin only; `changes` replaces directives. */
export const contentSecurityPolicy = (changes: Readonly<Partial<typeof POLICY>> = {}): string =>
  Object.entries({ ...POLICY, ...changes })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join(';')

/** One year. Subdomains are included only if the operator configures it. */
const HSTS = 'max-age=31536000'

/**
 * Adds security headers to every answer: only resources of our own origin, no framing.
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
