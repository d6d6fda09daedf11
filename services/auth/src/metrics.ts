import { Counter, Gauge, type Registry } from '@ikigai/chassis'
import { type Db, grants, revocationsDue } from '@ikigai/db'
import { isNotNull } from 'drizzle-orm'
import type { RefreshOutcome } from './grants/rules.ts'
import { SEALED_TABLES, type SealedTable } from './keys/sealed-tables.ts'
import type { Refusal } from './sign-in/refusals.ts'

/** What auth counts; never by athlete. */
export interface AuthMetrics {
  signIn(outcome: Refusal | 'signed-up' | 'signed-in'): void
  refresh(outcome: RefreshOutcome): void
  /** How many sealed texts of a table no key of the ring opens. */
  unreadable(what: SealedTable['name'], count: number): void
  /** An athlete was erased without a wish of theirs. */
  erased(reason: 'proved' | 'aged'): void
}

/** @param currentPrefix of what the first key of `TOKEN_ENCRYPTION_KEYS` has sealed */
export function createAuthMetrics(registry: Registry, db: Db, currentPrefix: string): AuthMetrics {
  const registers = [registry]
  const signIns = new Counter({
    name: 'sign_ins_total',
    help: 'Sign-ins that came back from Strava, by what became of them',
    labelNames: ['outcome'],
    registers,
  })
  const refreshes = new Counter({
    name: 'grant_refreshes_total',
    help: 'Refreshes of grants, by what Strava said',
    labelNames: ['outcome'],
    registers,
  })
  const unreadable = new Gauge({
    name: 'sealed_unreadable',
    help: 'What no key of TOKEN_ENCRYPTION_KEYS opens; a lost key, unless it is 0',
    labelNames: ['what'],
    registers,
  })
  const erased = new Counter({
    name: 'grants_erased_total',
    help: 'Athletes erased because their grant has ended: proved by Strava, or blocked for too long',
    labelNames: ['reason'],
    registers,
  })
  new Gauge({
    name: 'grants_blocked',
    help: 'Grants that Strava refuses; their athletes have to connect again',
    registers,
    async collect() {
      this.set(await db.$count(grants, isNotNull(grants.blockedAt)))
    },
  })
  new Gauge({
    name: 'erasures_incomplete',
    help: 'Erased athletes of whom Strava or a stream has yet to be rid',
    registers,
    async collect() {
      this.set(await db.$count(revocationsDue))
    },
  })
  new Gauge({
    name: 'sealed_under_old_keys',
    help: 'What is not under the first key of the ring yet; an old key may go once this is 0',
    labelNames: ['what'],
    registers,
    async collect() {
      for (const { name, countUnderOldKeys } of SEALED_TABLES)
        this.set({ what: name }, await countUnderOldKeys(db, currentPrefix))
    },
  })
  return {
    signIn: (outcome) => signIns.inc({ outcome }),
    refresh: (outcome) => refreshes.inc({ outcome }),
    unreadable: (what, count) => unreadable.set({ what }, count),
    erased: (reason) => erased.inc({ reason }),
  }
}
