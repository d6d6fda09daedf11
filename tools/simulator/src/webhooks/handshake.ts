import { randomBytes } from 'node:crypto'

/** How the validation of a callback URL ended. */
export type Handshake = 'verified' | 'not-200' | 'not-verifiable'

function isEcho(body: unknown, challenge: string): boolean {
  return typeof body === 'object' && body !== null && Reflect.get(body, 'hub.challenge') === challenge
}

/**
 * Verifies a callback URL: a GET with `hub.mode`, `hub.challenge` and `hub.verify_token` must be
 * answered in time with 200 and the challenge as JSON (Strava API docs, webhooks).
 */
export async function shakeHands(
  callbackUrl: string,
  verifyToken: string,
  timeoutMs: number,
): Promise<Handshake> {
  if (!URL.canParse(callbackUrl)) return 'not-verifiable'
  const challenge = randomBytes(16).toString('hex')
  const url = new URL(callbackUrl)
  url.searchParams.append('hub.verify_token', verifyToken)
  url.searchParams.append('hub.challenge', challenge)
  url.searchParams.append('hub.mode', 'subscribe')
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    const text = await response.text()
    if (response.status !== 200) return 'not-200'
    const body: unknown = JSON.parse(text)
    return isEcho(body, challenge) ? 'verified' : 'not-verifiable'
  } catch {
    return 'not-verifiable'
  }
}
