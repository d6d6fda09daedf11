import { type Bus, INTERNAL_API, RequestError, request } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'

/** Disconnecting includes a call of Strava. */
const TIMEOUT_MS = 15_000

/** Asks auth to erase an athlete and to revoke his grant. */
export async function disconnect(bus: Bus, athleteId: StravaId): Promise<'done' | 'unavailable'> {
  try {
    await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: athleteId }, TIMEOUT_MS)
    return 'done'
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    // Somebody else may just have done it, in another window.
    if (error.body.code === 'not_found') return 'done'
    bus.logger.warn({ err: error }, 'disconnecting failed')
    return 'unavailable'
  }
}
