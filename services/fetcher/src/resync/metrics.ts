import type { Clock } from '@ikigai/chassis'
import { Gauge } from '@ikigai/chassis'
import { type Db, resyncs } from '@ikigai/db'
import { sql } from 'drizzle-orm'
import type { Registry } from 'prom-client'
import { currentInterval } from './resync-row.ts'

/** Registers the metrics of resyncs; they are read from the database at each scrape. */
export function registerResyncMetrics(
  registry: Registry,
  { db, clock, maxAgeMs }: { readonly db: Db; readonly clock: Clock; readonly maxAgeMs: number },
): void {
  const gauge = (name: string, help: string, collect?: (this: Gauge) => Promise<void>) =>
    new Gauge({ name, help, registers: [registry], ...(collect === undefined ? {} : { collect }) })
  const quarantined = gauge(
    'ikigai_resync_deletions_quarantined',
    'Athletes with deletions that wait for another resync or for approval',
  )
  const overdue = gauge(
    'ikigai_resync_overdue_seconds',
    'Age of the oldest resync that is due and has not started',
  )
  const overcommitted = gauge(
    'ikigai_resync_overcommitted',
    '1 if the planned share of the quota is too small to resync everything within CACHE_MAX_AGE',
  )
  gauge(
    'ikigai_resync_interval_seconds',
    'Planned time between two resyncs of an athlete',
    async function () {
      const [[row], interval] = await Promise.all([
        db
          .select({
            quarantined: sql<number>`count(*) filter (where ${resyncs.quarantined} > 0)`.mapWith(Number),
            due: sql<Date | null>`min(coalesce(case when ${resyncs.state} = 'idle' then ${resyncs.dueAt} end, ${resyncs.startedAt}))`.mapWith(
              resyncs.dueAt,
            ),
          })
          .from(resyncs),
        currentInterval(db, maxAgeMs),
      ])
      quarantined.set(row?.quarantined ?? 0)
      overdue.set(Math.max(0, clock.now() - (row?.due?.getTime() ?? clock.now())) / 1_000)
      overcommitted.set(interval.overcommitted ? 1 : 0)
      this.set(interval.ms / 1_000)
    },
  )
}
