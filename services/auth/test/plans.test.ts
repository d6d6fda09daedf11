import { randomBytes } from 'node:crypto'
import { openDatabase } from '@ikigai/db'
import { createKeyRing } from '@ikigai/keyring'
import { crowdedDatabase } from '@ikigai/testkit'
import t from 'tap'
import { eraseAthlete } from '../src/erasure/erase-athlete.ts'
import { createPendingErasureSeal } from '../src/erasure/pending-erasure.ts'
import { athleteTransaction } from '../src/grants/athlete-transaction.ts'
import { createGrantStore } from '../src/grants/grant-store.ts'
import { connectAthlete } from '../src/oauth/connect-athlete.ts'
import { createUsedStates } from '../src/oauth/used-states.ts'
import { createSignUp } from '../src/sign-up/sign-up.ts'

const crowded = await crowdedDatabase(t)

t.test('plans: no step of a sign-in or an erasure reads a table of all athletes', async (t) => {
  const { db, close } = openDatabase({ url: crowded.url, name: 'plans', max: 1 })
  const clock = { now: () => Date.now() }
  const keys = createKeyRing([{ id: 'k1', key: randomBytes(32) }])
  const seal = createPendingErasureSeal(keys)
  const store = createGrantStore(keys, 1_000)
  const usedStates = createUsedStates(db, clock)
  const signUp = createSignUp({ db, clock, mode: 'open', athleteLimit: undefined })
  const deps = {
    ...{ db, store, clock, signUp, seal },
    strava: { refresh: async () => ({ outcome: 'unknown', reason: 'it is not asked' }) as const },
    budgetKey: (athleteId: string) => `signups:${athleteId}`,
    erasures: { complete: async () => ({ revoked: true }) },
  }
  const names = { username: null, firstName: null, lastName: null, profileUrl: null, stravaCreatedAt: null }
  const tokens = { accessToken: 'a', refreshToken: 'r', expiresAt: Date.now() + 3_600_000 }
  // The sixth time on, a prepared statement may have a plan for all values.
  for (let turn = 1; turn <= 12; turn += 1) {
    const known = String(turn)
    for (const id of [known, String(crowded.athletes + turn)]) {
      t.ok(await usedStates.use(`state-${id}`))
      const connection = { athlete: { id, ...names }, tokens, scopes: ['read'], exchangedAt: Date.now() }
      t.match(await connectAthlete(deps, connection), { importing: true })
      t.match(await store.read(db, id), { state: 'active' })
    }
    await athleteTransaction(db, known, (tx) => eraseAthlete(tx, { seal, now: new Date() }, known, null))
  }
  await close()
  t.strictSame(await crowded.tablesReadWhole('plans'), [])
})
