import { connect, type PeerCertificate } from 'node:tls'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'

const HOUR_MS = 3_600_000
/** Caddy renews a certificate when a third of its lifetime is left; below this share, renewing has failed. */
const MIN_REMAINING_SHARE = 0.2
const TIMEOUT_MS = 10_000

/** The public address: whether it answers, and how long its certificate lasts. */
export async function publicAddressFindings(
  publicUrl: string | undefined,
  now: () => number,
): Promise<readonly Finding[]> {
  if (publicUrl === undefined) return [skipped('public address', 'PUBLIC_URL is not set')]
  const advice = 'Check DNS, the firewall (ports 80 and 443), and the logs of caddy and gateway.'
  const answer = await get(`${publicUrl}/v1/status`)
  const address =
    answer.status === 200
      ? ok('public address', publicUrl)
      : failed('public address', `${publicUrl}: ${answer.problem ?? `status ${answer.status}`}`, advice)
  const url = new URL(publicUrl)
  return url.protocol === 'https:' ? [address, await certificate(url, now)] : [address]
}

/** Whether the webhook answers Strava's handshake from outside. */
export async function webhookFindings(
  callbackUrl: string | undefined,
  verifyToken: string | undefined,
): Promise<readonly Finding[]> {
  if (callbackUrl === undefined || verifyToken === undefined) {
    return [skipped('webhook', 'WEBHOOK_URL is not set')]
  }
  const url = new URL(callbackUrl)
  const challenge = `doctor-${Math.random().toString(36).slice(2)}`
  url.searchParams.set('hub.mode', 'subscribe')
  url.searchParams.set('hub.challenge', challenge)
  url.searchParams.set('hub.verify_token', verifyToken)
  const { status, body = '', problem } = await get(url.href)
  return [
    status === 200 && body.includes(challenge)
      ? ok('webhook', `answers Strava’s handshake at ${url.origin}`)
      : failed(
          'webhook',
          `${url.origin}: ${problem ?? `status ${status}`}`,
          'Strava must reach this address over https. Check DNS, firewall, proxy, and the log of ingest.',
        ),
  ]
}

async function get(
  url: string,
): Promise<{ readonly status?: number; readonly body?: string; readonly problem?: string }> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { problem: cause instanceof Error ? cause.message : String(cause) }
  }
}

/** Reads the certificate even if it is not trusted, which `get` checks. */
function certificate({ hostname, port }: URL, now: () => number): Promise<Finding> {
  return new Promise((resolve) => {
    const options = {
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      rejectUnauthorized: false,
    }
    const socket = connect({ ...options, timeout: TIMEOUT_MS }, () => {
      resolve(certificateFinding(socket.getPeerCertificate(), now()))
      socket.end()
    })
    socket.once('error', (error) => resolve(failed('certificate', error.message, 'See the log of caddy.')))
    socket.once('timeout', () => {
      resolve(failed('certificate', 'no answer', 'See the log of caddy.'))
      socket.destroy()
    })
  })
}

export function certificateFinding(
  { valid_from: from, valid_to: to }: Pick<PeerCertificate, 'valid_from' | 'valid_to'>,
  now: number,
): Finding {
  const [begin, end] = [Date.parse(from), Date.parse(to)]
  if (end <= now) return failed('certificate', 'has expired', 'See the log of caddy.')
  const hours = (end - now) / HOUR_MS
  const detail = `expires in ${hours < 72 ? `${Math.floor(hours)} hours` : `${Math.floor(hours / 24)} days`}`
  return (end - now) / (end - begin) < MIN_REMAINING_SHARE
    ? warning('certificate', detail, 'It should have been renewed: see the log of caddy.')
    : ok('certificate', detail)
}
