import { type Clock, type Logger, type Registry, registerStateGauges } from '@ikigai/chassis'
import { type Db, resyncs } from '@ikigai/db'
import { sql } from 'drizzle-orm'
import { currentInterval } from './resync-row.ts'

/** Dependencies of {@link registerResyncMetrics}. */
export interface ResyncMetricsDeps {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Logger
  /** `CACHE_MAX_AGE` in ms. */
  readonly maxAgeMs: number
}

/** Registers the metrics of resyncs; they are read from the database at each scrape. */
export function registerResyncMetrics(registry: Registry, deps: ResyncMetricsDeps): void {
  registerStateGauges({
    registry,
    logger: deps.logger,
    read: () => readResyncs(deps),
    gauges: [
      {
        name: 'ikigai_resync_deletions_quarantined',
        help: 'Athletes with deletions that wait for another resync or for approval.',
        samples: ({ quarantined }) => [{ value: quarantined }],
      },
      {
        name: 'ikigai_resync_overdue_seconds',
        help: 'Time for which the resync that is due the longest has not been completed; 0 if none is due.',
        samples: ({ overdueMs }) => [{ value: overdueMs / 1_000 }],
      },
      {
        name: 'ikigai_resync_interval_seconds',
        help: 'Planned time between two resyncs of an athlete.',
        samples: ({ intervalMs }) => [{ value: intervalMs / 1_000 }],
      },
      {
        name: 'ikigai_resync_overcommitted',
        help: '1 if the planned share of the quota is too small to resync everything within CACHE_MAX_AGE, else 0.',
        samples: ({ isOvercommitted }) => [{ value: isOvercommitted ? 1 : 0 }],
      },
    ],
  })
}

async function readResyncs({ db, clock, maxAgeMs }: ResyncMetricsDeps) {
  const now = clock.now()
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
  return {
    quarantined: row?.quarantined ?? 0,
    overdueMs: Math.max(0, now - (row?.due?.getTime() ?? now)),
    intervalMs: interval.ms,
    isOvercommitted: interval.overcommitted,
  }
}
