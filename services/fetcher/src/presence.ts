import { type Bus, INTERNAL_SIGNALS, type SignalSubscription, subscribeSignals } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { athletePresence, athletes, type Db } from '@ikigai/db'
import { lt, sql } from 'drizzle-orm'

/** Presence lasts this long after the last signal; gateways repeat it once a minute. */
const PRESENT_MS = 120_000

/** Dependencies of {@link subscribePresence}. */
export interface PresenceDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
}

/** Subscribes to the gateways' signals about athletes who watch; one fetcher stores each. */
export const subscribePresence = (deps: PresenceDeps): SignalSubscription =>
  subscribeSignals(deps.bus, INTERNAL_SIGNALS.athletePresent, {
    queue: 'fetcher',
    handle: ({ athlete_id }) => recordPresence(deps, athlete_id),
  })

/** Prefers this athlete in every lane for {@link PRESENT_MS}, with up to every second call. */
async function recordPresence({ db, clock }: PresenceDeps, athleteId: StravaId): Promise<void> {
  const until = new Date(clock.now() + PRESENT_MS).toISOString()
  await db.execute(sql`
    insert into ${athletePresence} (athlete_id, until)
    select id, ${until}::timestamptz from ${athletes} where id = ${athleteId}::bigint
    on conflict (athlete_id) do update set until = greatest(athlete_presence.until, excluded.until)`)
}

/** Deletes presence that is over. */
export async function deleteExpiredPresence(db: Db, now: number): Promise<void> {
  await db.delete(athletePresence).where(lt(athletePresence.until, new Date(now)))
}
