import { Counter, Gauge, type Registry } from '@ikigai/chassis'
import { type Db, revocationsDue } from '@ikigai/db'
import type { Refresh } from './grants/refresh-grant.ts'
import type { Refusal } from './sign-in/refusals.ts'

/** What auth counts; never by athlete. */
export interface AuthMetrics {
  signIn(outcome: Refusal | 'signed-up' | 'signed-in'): void
  refresh(outcome: Refresh['outcome']): void
}

export function createAuthMetrics(registry: Registry, db: Db): AuthMetrics {
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
  return {
    signIn: (outcome) => signIns.inc({ outcome }),
    refresh: (outcome) => refreshes.inc({ outcome }),
  }
}
