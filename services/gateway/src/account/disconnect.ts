import { type Bus, INTERNAL_API, RequestError, request } from '@ikigai/bus'
import type { StravaId } from '@ikigai/contracts'

/** Time-out of the request to auth, which includes a call to Strava: ms. */
const TIMEOUT_MS = 15_000

/** Requests auth to erase an athlete and to revoke the grant. */
export async function disconnect(bus: Bus, athleteId: StravaId): Promise<'done' | 'unavailable'> {
  try {
    await request(bus, INTERNAL_API.athleteDisconnect, { athlete_id: athleteId }, TIMEOUT_MS)
    return 'done'
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    // Another window may have disconnected the athlete already.
    if (error.body.code === 'not_found') return 'done'
    bus.logger.warn({ err: error }, 'disconnecting failed')
    return 'unavailable'
  }
}
