import { Counter, Gauge, type Registry } from '@ikigai/chassis'
import { type Db, revocationsDue } from '@ikigai/db'
import type { Refresh } from './grants/refresh-grant.ts'
import { SEALED_TABLES } from './keys/sealed-tables.ts'
import type { Refusal } from './sign-in/refusals.ts'

/** What auth counts; never by athlete. */
export interface AuthMetrics {
  signIn(outcome: Refusal | 'signed-up' | 'signed-in'): void
  refresh(outcome: Refresh['outcome']): void
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
  }
}
