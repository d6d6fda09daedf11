import { Counter, Gauge, type Logger, type Registry, registerStateGauges } from '@ikigai/chassis'
import { athletes, type Db, grants, pendingErasures } from '@ikigai/db'
import { count, sql } from 'drizzle-orm'

/** The metrics of auth; none is labelled by athlete. */
export interface AuthMetrics {
  /** @param outcome a refusal, `signed-up` or `signed-in` */
  signIn(outcome: string): void
  /** @param outcome see `RefreshOutcome` */
  refresh(outcome: string): void
  /** Sets how many sealed values of a table no key of the ring decrypts. */
  unreadable(table: string, count: number): void
  /** An athlete was erased without a request of theirs. */
  erased(reason: 'proved' | 'expired'): void
}

/** A table with sealed values. */
export interface CountedTable {
  readonly name: string
  countOldKey(db: Db, currentPrefix: string): Promise<number>
}

/** Dependencies of {@link createAuthMetrics}. */
export interface AuthMetricsOptions {
  readonly registry: Registry
  readonly db: Db
  readonly logger: Logger
  readonly sealedTables: readonly CountedTable[]
  /** Prefix of the values that are sealed by the first key of `TOKEN_ENCRYPTION_KEYS`. */
  readonly currentPrefix: string
  /** `STRAVA_ATHLETE_LIMIT` */
  readonly athleteLimit: number | undefined
}

export function createAuthMetrics(options: AuthMetricsOptions): AuthMetrics {
  const { registry } = options
  registerAthletes(options)
  registerGrants(options)
  registerErasures(options)
  registerSealedValues(options)
  const registers = [registry]
  const signIns = new Counter({
    name: 'ikigai_sign_ins_total',
    help: 'Callbacks from Strava by outcome of the sign-in.',
    labelNames: ['outcome'],
    registers,
  })
  const refreshes = new Counter({
    name: 'ikigai_grant_refreshes_total',
    help: "Refreshes of grants by Strava's answer.",
    labelNames: ['outcome'],
    registers,
  })
  const unreadable = new Gauge({
    name: 'ikigai_sealed_values_unreadable',
    help: 'Sealed values that no key of TOKEN_ENCRYPTION_KEYS decrypts; above 0 a key is missing.',
    labelNames: ['table'],
    registers,
  })
  const erased = new Counter({
    name: 'ikigai_grants_erased_total',
    help: 'Athletes erased because their grant has ended, by reason: proved by Strava, or retention expired.',
    labelNames: ['reason'],
    registers,
  })
  if (options.athleteLimit !== undefined) {
    new Gauge({
      name: 'ikigai_athlete_limit',
      help: 'Athletes that Strava allows the application to have, as STRAVA_ATHLETE_LIMIT says.',
      registers,
    }).set(options.athleteLimit)
  }
  // Prometheus does not see an increase of a series that did not exist before.
  signIns.inc({ outcome: 'athlete-capacity' }, 0)
  return {
    signIn: (outcome) => signIns.inc({ outcome }),
    refresh: (outcome) => refreshes.inc({ outcome }),
    unreadable: (table, count) => unreadable.set({ table }, count),
    erased: (reason) => erased.inc({ reason }),
  }
}

function registerAthletes({ registry, logger, db }: AuthMetricsOptions): void {
  registerStateGauges({
    registry,
    logger,
    read: () => db.$count(athletes),
    gauges: [
      {
        name: 'ikigai_athletes',
        help: 'Athletes who have an account.',
        samples: (all) => [{ value: all }],
      },
    ],
  })
}

/** States of a grant for the metric; a grant that is in several counts as the last of them. */
const GRANT_STATES = ['active', 'reported', 'blocked', 'unreadable'] as const

function registerGrants({ registry, logger, db }: AuthMetricsOptions): void {
  const state = sql<string>`case when ${grants.unreadableAt} is not null then 'unreadable'
    when ${grants.blockedAt} is not null then 'blocked'
    when ${grants.reportedAt} is not null then 'reported' else 'active' end`
  registerStateGauges({
    registry,
    logger,
    read: () => db.select({ state, grants: count() }).from(grants).groupBy(state),
    gauges: [
      {
        name: 'ikigai_grants',
        help: 'Grants by state: active, reported (a deauthorization is not confirmed yet), blocked (refused by Strava), unreadable (its key is missing).',
        labelNames: ['state'],
        samples: (rows) =>
          GRANT_STATES.map((each) => ({
            labels: { state: each },
            value: rows.find((row) => row.state === each)?.grants ?? 0,
          })),
      },
    ],
  })
}

function registerErasures({ registry, logger, db }: AuthMetricsOptions): void {
  registerStateGauges({
    registry,
    logger,
    read: () => db.$count(pendingErasures),
    gauges: [
      {
        name: 'ikigai_erasures_pending',
        help: 'Erasures whose messages are not purged or whose grant is not revoked yet.',
        samples: (pending) => [{ value: pending }],
      },
    ],
  })
}

function registerSealedValues({
  registry,
  logger,
  db,
  sealedTables,
  currentPrefix,
}: AuthMetricsOptions): void {
  registerStateGauges({
    registry,
    logger,
    read: () =>
      Promise.all(
        sealedTables.map(async ({ name, countOldKey }) => ({
          labels: { table: name },
          value: await countOldKey(db, currentPrefix),
        })),
      ),
    gauges: [
      {
        name: 'ikigai_sealed_values_old_key',
        help: 'Sealed values not yet under the first key of the ring; an old key may be removed once this is 0.',
        labelNames: ['table'],
        samples: (counts) => counts,
      },
    ],
  })
}
