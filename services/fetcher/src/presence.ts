import { type Bus, INTERNAL_SIGNALS, type SignalSubscription, subscribeSignals } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { athletePresence, athletes, type Db } from '@ikigai/db'
import { lt, sql } from 'drizzle-orm'

/** The gateways repeat themselves once a minute. */
const PRESENT_MS = 120_000

/** What presence is noted with. */
export interface PresenceDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
}

/** Hears from the gateways who is here, watching: one fetcher notes it. */
export const hearPresence = (deps: PresenceDeps): SignalSubscription =>
  subscribeSignals(deps.bus, INTERNAL_SIGNALS.athletePresent, {
    queue: 'fetcher',
    handle: ({ athlete_id }) => notePresence(deps, athlete_id),
  })

/** For a while this athlete is served before others of a lane, by every second call at most. */
async function notePresence({ db, clock }: PresenceDeps, athleteId: StravaId): Promise<void> {
  const until = new Date(clock.now() + PRESENT_MS).toISOString()
  await db.execute(sql`
    insert into ${athletePresence} (athlete_id, until)
    select id, ${until}::timestamptz from ${athletes} where id = ${athleteId}::bigint
    on conflict (athlete_id) do update set until = greatest(athlete_presence.until, excluded.until)`)
}

/** Forgets who was here. */
export async function forgetAbsent(db: Db, now: number): Promise<void> {
  await db.delete(athletePresence).where(lt(athletePresence.until, new Date(now)))
}
