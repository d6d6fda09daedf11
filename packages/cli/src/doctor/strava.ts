import type { QuotaStatus } from '@ikigai/contracts'
import type { StravaClient } from '@ikigai/strava'
import { type Finding, failed, ok, skipped, warning } from './finding.ts'

/** Strava's clock and ours may differ by this much (ms): its `Date` header has whole seconds. */
const MAX_CLOCK_DIFFERENCE_MS = 5_000
/** Used share of a day's limit above which the check warns. */
const NEARLY_SPENT = 0.9

/** Checks at Strava: credentials, push subscription, clock. */
export async function stravaFindings(
  client: Pick<StravaClient, 'listSubscriptions'>,
  { callbackUrl, now }: { readonly callbackUrl: string | undefined; readonly now: () => number },
): Promise<readonly Finding[]> {
  const result = await client.listSubscriptions()
  const { date, sentAt, receivedAt } = result.meta
  const clock = clockFindings(date, (sentAt + receivedAt) / 2)
  if (!result.ok) {
    const advice =
      result.error.kind === 'application_inactive'
        ? 'Renew the subscription of the application’s owner at https://www.strava.com/settings/api.'
        : 'Check STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET, and whether Strava is up.'
    return [failed('Strava', result.error.message, advice), ...clock]
  }
  return [ok('Strava', 'accepts the application'), ...clock, subscription(result.value, callbackUrl)]

  function clockFindings(stravaAt: number | undefined, ourAt: number): Finding[] {
    if (stravaAt === undefined) return []
    const difference = Math.round(ourAt - stravaAt)
    if (Math.abs(difference) <= MAX_CLOCK_DIFFERENCE_MS)
      return [ok('clock', `differs from Strava’s by ${difference} ms`)]
    return [
      failed(
        'clock',
        `differs from Strava’s by ${difference} ms (it is ${new Date(now()).toISOString()} here)`,
        'Set the clock by NTP. Quota windows begin by Strava’s clock.',
      ),
    ]
  }
}

function subscription(
  found: readonly { readonly id: string; readonly callbackUrl?: string | undefined }[],
  callbackUrl: string | undefined,
): Finding {
  if (callbackUrl === undefined) return skipped('push subscription', 'WEBHOOK_URL is not set: no webhooks')
  const [first] = found
  if (first === undefined) {
    return failed(
      'push subscription',
      'none',
      'ingest creates it within minutes; otherwise its log says why.',
    )
  }
  return first.callbackUrl === undefined || first.callbackUrl === callbackUrl
    ? ok('push subscription', `${first.id} points here`)
    : failed(
        'push subscription',
        `${first.id} points elsewhere`,
        'Another installation uses this Strava application. Stop it, or use another application.',
      )
}

/** Limits and usage in the ledger. */
export function quotaFindings({ windows, strava }: QuotaStatus): readonly Finding[] {
  return [
    strava.state === 'available'
      ? ok('calls', 'Strava answers')
      : warning(
          'calls',
          `${strava.state} until ${strava.until ?? 'further notice'}`,
          'ikigai resumes by itself.',
        ),
    ...windows.map(({ window, counter, used, limit, resets_at: resetsAt }) => {
      const detail = `${used} of ${limit} used, resets ${resetsAt}`
      const name = `quota ${window} ${counter}`
      return window === 'day' && used > limit * NEARLY_SPENT
        ? warning(
            name,
            detail,
            'Newcomers wait until the reset. See docs/operations/strava.md for higher limits.',
          )
        : ok(name, detail)
    }),
  ]
}
