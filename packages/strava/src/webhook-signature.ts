import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Result of checking a signature. `absent`: missing or not of that form; `stale`: correct, but older or newer than
 * 10 minutes.
 */
export type SignatureVerdict = 'absent' | 'valid' | 'invalid' | 'stale'

/** One call of the webhook. */
export interface SignedCall {
  /** `X-Strava-Signature`. */
  readonly header: string | undefined
  readonly body: Uint8Array
  readonly signingKey: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** Strava retries within some minutes; whether it signs a retry again is not documented. */
const MAX_AGE_SECONDS = 600

const HEADER = /^t=(?<time>\d{1,12})(?<signatures>(?:,v1=[0-9a-f]{64}){1,4})$/i

/**
 * Checks `X-Strava-Signature: t=<epoch seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<body>`. The form is that of recorded
 * deliveries of 2026; Strava documents neither the form nor how to get the key.
 */
export function checkSignature({ header, body, signingKey, now }: SignedCall): SignatureVerdict {
  const { time, signatures } = HEADER.exec(header ?? '')?.groups ?? {}
  if (time === undefined || signatures === undefined) return 'absent'
  const expected = createHmac('sha256', signingKey).update(`${time}.`).update(body).digest()
  const given = signatures.slice(1).split(',')
  const isRight = given.some((one) => timingSafeEqual(Buffer.from(one.slice(3), 'hex'), expected))
  if (!isRight) return 'invalid'
  return Math.abs(now / 1_000 - Number(time)) > MAX_AGE_SECONDS ? 'stale' : 'valid'
}
