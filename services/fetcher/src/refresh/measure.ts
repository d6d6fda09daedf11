import type { Clock } from '@ikigai/chassis'
import { Gauge } from '@ikigai/chassis'
import { type Db, listings } from '@ikigai/db'
import { sql } from 'drizzle-orm'
import type { Registry } from 'prom-client'
import { currentInterval } from './listing.ts'

/** How re-listing fares, as metrics: read when they are asked for. */
export function measureListings(
  registry: Registry,
  { db, clock, maxAgeMs }: { readonly db: Db; readonly clock: Clock; readonly maxAgeMs: number },
): void {
  const gauge = (name: string, help: string, collect?: (this: Gauge) => Promise<void>) =>
    new Gauge({ name, help, registers: [registry], ...(collect === undefined ? {} : { collect }) })
  const held = gauge('listings_held', 'Athletes whose mass deletion is not believed yet')
  const overdue = gauge(
    'listings_overdue_seconds',
    'How long the listing that is longest due has been waiting',
  )
  const overcommitted = gauge(
    'refresh_overcommitted',
    '1 when the planned share of the quota is too small to re-list everything within CACHE_MAX_AGE',
  )
  gauge('refresh_interval_seconds', 'How often everything is re-listed', async function () {
    const [[row], interval] = await Promise.all([
      db
        .select({
          held: sql<number>`count(*) filter (where ${listings.held} > 0)`.mapWith(Number),
          due: sql<Date | null>`min(coalesce(case when ${listings.state} = 'idle' then ${listings.dueAt} end, ${listings.startedAt}))`.mapWith(
            listings.dueAt,
          ),
        })
        .from(listings),
      currentInterval(db, maxAgeMs),
    ])
    held.set(row?.held ?? 0)
    overdue.set(Math.max(0, clock.now() - (row?.due?.getTime() ?? clock.now())) / 1_000)
    overcommitted.set(interval.overcommitted ? 1 : 0)
    this.set(interval.ms / 1_000)
  })
}
