import { type Admission, RequestError } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'

const WINDOW_MS = 60_000

/**
 * Admits at most `perMinute` requests of a team in each minute of this gateway's clock. The map of counts stays small, because
 * every team is configured in NATS.
 */
export function limitTeams(clock: Clock, perMinute: number): Admission {
  let windowStart = 0
  const counts = new Map<string, number>()
  return (team) => {
    const now = clock.now()
    if (now - windowStart >= WINDOW_MS || now < windowStart) {
      windowStart = now - (now % WINDOW_MS)
      counts.clear()
    }
    const count = (counts.get(team) ?? 0) + 1
    counts.set(team, count)
    if (count <= perMinute) return
    throw new RequestError({
      code: 'too_many_requests',
      message: `Your team may send ${perMinute} requests a minute to each gateway.`,
      retry_after_seconds: Math.ceil((windowStart + WINDOW_MS - now) / 1_000),
    })
  }
}
