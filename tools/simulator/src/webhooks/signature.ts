import { createHmac } from 'node:crypto'

/**
 * Value of `X-Strava-Signature`: `t=<epoch seconds>,v1=<hex>`, an HMAC-SHA256 over `<t>.<raw body>`
 * (seen in deliveries of 2026; how Strava's key is to be had is not documented).
 */
export function signBody(body: string, secret: string, epochSeconds: number): string {
  const digest = createHmac('sha256', secret).update(`${epochSeconds}.${body}`).digest('hex')
  return `t=${epochSeconds},v1=${digest}`
}
