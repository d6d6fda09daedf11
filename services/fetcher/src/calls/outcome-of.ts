import type { Outcome } from '@ikigai/quota'
import type { StravaResult } from '@ikigai/strava'

/** Maps the result of a call to its outcome in the quota ledger. */
export function outcomeOf({ meta, ...result }: StravaResult<unknown>): Outcome {
  const common = { headers: meta.usage, answeredAt: meta.date }
  if (result.ok) return { result: 'answered', ...common }
  const { error } = result
  switch (error.kind) {
    case 'rate_limited':
      return { result: 'rate_limited', retryAfterMs: error.retryAfterMs, ...common }
    case 'application_inactive':
      return { result: 'application_inactive', ...common }
    case 'network':
      return { result: error.sent ? 'unavailable' : 'unsent', ...common }
    case 'unavailable':
    case 'timeout':
    case 'malformed':
    case 'forbidden':
      return { result: 'unavailable', ...common }
    default:
      return { result: 'answered', ...common }
  }
}
