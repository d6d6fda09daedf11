import { Counter, Gauge, type Registry } from '@ikigai/chassis'
import { athletes, type Db, grants, pendingErasures } from '@ikigai/db'
import { isNotNull } from 'drizzle-orm'

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

/** A table with sealed values, as far as its metric needs it. */
export interface CountedTable {
  readonly name: string
  countOldKey(db: Db, currentPrefix: string): Promise<number>
}

/**
 * @param currentPrefix of the values sealed by the first key of `TOKEN_ENCRYPTION_KEYS`
 * @param athleteLimit `STRAVA_ATHLETE_LIMIT`
 */
export function createAuthMetrics(
  registry: Registry,
  db: Db,
  sealedTables: readonly CountedTable[],
  currentPrefix: string,
  athleteLimit?: number,
): AuthMetrics {
  const registers = [registry]
  const signIns = new Counter({
    name: 'ikigai_sign_ins_total',
    help: 'Callbacks from Strava by outcome of the sign-in',
    labelNames: ['outcome'],
    registers,
  })
  const refreshes = new Counter({
    name: 'ikigai_grant_refreshes_total',
    help: "Refreshes of grants by Strava's answer",
    labelNames: ['outcome'],
    registers,
  })
  const unreadable = new Gauge({
    name: 'ikigai_sealed_values_unreadable',
    help: 'Sealed values that no key of TOKEN_ENCRYPTION_KEYS decrypts; above 0 a key is missing',
    labelNames: ['table'],
    registers,
  })
  const erased = new Counter({
    name: 'ikigai_grants_erased_total',
    help: 'Athletes erased because their grant has ended, by reason: proved by Strava, or retention expired',
    labelNames: ['reason'],
    registers,
  })
  new Gauge({
    name: 'ikigai_grants_blocked',
    help: 'Grants that Strava refuses until their athletes connect again',
    registers,
    async collect() {
      this.set(await db.$count(grants, isNotNull(grants.blockedAt)))
    },
  })
  new Gauge({
    name: 'ikigai_erasures_pending',
    help: 'Erasures whose messages are not purged or whose grant is not revoked yet',
    registers,
    async collect() {
      this.set(await db.$count(pendingErasures))
    },
  })
  new Gauge({
    name: 'ikigai_sealed_values_old_key',
    help: 'Sealed values not yet under the first key of the ring; an old key may be removed once this is 0',
    labelNames: ['table'],
    registers,
    async collect() {
      for (const { name, countOldKey } of sealedTables)
        this.set({ table: name }, await countOldKey(db, currentPrefix))
    },
  })
  new Gauge({
    name: 'ikigai_athletes',
    help: 'Athletes who have an account',
    registers,
    async collect() {
      this.set(await db.$count(athletes))
    },
  })
  if (athleteLimit !== undefined) {
    new Gauge({
      name: 'ikigai_athlete_limit',
      help: 'Athletes that Strava allows the application to have, as STRAVA_ATHLETE_LIMIT says',
      registers,
    }).set(athleteLimit)
  }
  return {
    signIn: (outcome) => signIns.inc({ outcome }),
    refresh: (outcome) => refreshes.inc({ outcome }),
    unreadable: (table, count) => unreadable.set({ table }, count),
    erased: (reason) => erased.inc({ reason }),
  }
}
