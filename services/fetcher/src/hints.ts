import { type Bus, INTERNAL_SIGNALS, type SignalSubscription, subscribeSignals } from '@ikigai/bus'
import type { Clock } from '@ikigai/chassis'
import type { StravaId } from '@ikigai/contracts'
import { activities, athletePresence, athletes, type Db, fetchJobs } from '@ikigai/db'
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'

/** The gateways repeat themselves once a minute. */
const PRESENT_MS = 120_000
/** A view soon after another one tells nothing. */
const VIEWS_APART_MS = 600_000

/** What hints are noted with. */
export interface HintDeps {
  readonly db: Db
  readonly bus: Bus
  readonly clock: Clock
}

/** Hears what the gateways know of athletes who are here: one fetcher notes it. */
export function hearHints(deps: HintDeps): SignalSubscription {
  const { bus } = deps
  const heard = [
    subscribeSignals(bus, INTERNAL_SIGNALS.athletePresent, {
      queue: 'fetcher',
      handle: ({ athlete_id }) => notePresence(deps, athlete_id),
    }),
    subscribeSignals(bus, INTERNAL_SIGNALS.activityViewed, {
      queue: 'fetcher',
      handle: ({ athlete_id, activity_id }) => noteView(deps, athlete_id, activity_id),
    }),
  ]
  return {
    stop: async () => {
      await Promise.all(heard.map((each) => each.stop()))
    },
  }
}

/** His jobs come first among equals for a while. */
async function notePresence({ db, clock }: HintDeps, athleteId: StravaId): Promise<void> {
  const until = new Date(clock.now() + PRESENT_MS).toISOString()
  await db.execute(sql`
    insert into ${athletePresence} (athlete_id, until)
    select id, ${until}::timestamptz from ${athletes} where id = ${athleteId}::bigint
    on conflict (athlete_id) do update set until = greatest(athlete_presence.until, excluded.until)`)
}

/** What he looks at gets its detail first; if there is anything to spend on it, now. */
async function noteView({ db, clock }: HintDeps, athleteId: StravaId, activityId: StravaId): Promise<void> {
  const now = new Date(clock.now())
  const seen = await db
    .update(activities)
    .set({ viewedAt: now })
    .where(
      and(
        eq(activities.id, activityId),
        eq(activities.athleteId, athleteId),
        or(isNull(activities.viewedAt), lt(activities.viewedAt, new Date(now.getTime() - VIEWS_APART_MS))),
      ),
    )
    .returning({ detailAt: activities.detailAt })
  if (seen.length === 0 || seen[0]?.detailAt !== null) return
  await db
    .update(fetchJobs)
    .set({ readyAt: now })
    .where(
      and(
        eq(fetchJobs.lane, 'enrich'),
        eq(fetchJobs.athleteId, athleteId),
        eq(fetchJobs.attempts, 0),
        isNull(fetchJobs.claimedBy),
      ),
    )
}

/** Forgets who was here. */
export async function forgetAbsent(db: Db, now: number): Promise<void> {
  await db.delete(athletePresence).where(lt(athletePresence.until, new Date(now)))
}
