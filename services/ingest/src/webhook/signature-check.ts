import { type Clock, Counter, type Registry } from '@ikigai/chassis'
import { checkSignature } from '@ikigai/strava'
import type { IngestConfig } from '../config.ts'

/** Whether a call is accepted, by its signature. */
export type SignatureCheck = (delivery: {
  readonly signature: string | undefined
  readonly body: Buffer
}) => boolean

/**
 * Checks signatures if a key is configured, and counts the results. Strava documents neither the signature nor its key and may
 * change both, so with the policy `observe` calls with an invalid signature are accepted.
 */
export function createSignatureCheck(options: {
  readonly config: Pick<IngestConfig, 'stravaWebhookSigningKey' | 'stravaWebhookSignature'>
  readonly clock: Clock
  readonly registry: Registry
}): SignatureCheck {
  const { config, clock, registry } = options
  const { stravaWebhookSigningKey: signingKey, stravaWebhookSignature: policy } = config
  if (signingKey === undefined) return () => true
  const verdicts = new Counter({
    name: 'ikigai_webhook_signatures_total',
    help: 'Webhook calls by verdict on their signature; counted only if a signing key is set.',
    labelNames: ['verdict'],
    registers: [registry],
  })
  return ({ signature: header, body }) => {
    const verdict = checkSignature({ header, body, signingKey, now: clock.now() })
    verdicts.inc({ verdict })
    return policy === 'observe' || verdict === 'valid'
  }
}
