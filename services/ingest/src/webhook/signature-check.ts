import { type Clock, Counter, type Registry } from '@ikigai/chassis'
import { checkSignature } from '@ikigai/strava'
import type { IngestConfig } from '../config.ts'

/** Whether a call may pass, as far as its signature goes. */
export type SignatureCheck = (delivery: {
  readonly signature: string | undefined
  readonly body: Buffer
}) => boolean

/**
 * Checks signatures when there is a key, and counts what they say. Strava documents neither the signature nor its key, and
 * could change both any day: so by itself a wrong one keeps nothing out, and the events stay what they are, hints.
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
    name: 'webhook_signatures_total',
    help: "Signatures of webhook calls, by what they say; only with Strava's key",
    labelNames: ['verdict'],
    registers: [registry],
  })
  return ({ signature: header, body }) => {
    const verdict = checkSignature({ header, body, signingKey, now: clock.now() })
    verdicts.inc({ verdict })
    return policy === 'observe' || verdict === 'valid'
  }
}
