import { budgets, openDatabase } from '@ikigai/db'
import { testDatabase } from '@ikigai/testkit'
import fc from 'fast-check'
import t from 'tap'
import {
  type BudgetRule,
  type BudgetState,
  chargeBudget,
  charged,
  currentBudget,
  isSpent,
  readBudget,
  spendBudget,
} from '../src/index.ts'

const rule = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  windowMs: fc.integer({ min: 1, max: 10_000 }),
})

t.test('budget: no more than the limit is spent in a window, whenever somebody asks', async (t) => {
  fc.assert(
    fc.property(rule, fc.array(fc.nat(3_000), { maxLength: 100 }), (budget, pauses) => {
      let state: BudgetState | undefined
      let now = 1_000_000
      const spentAt: number[] = []
      for (const pause of pauses) {
        now += pause
        if (isSpent(state, budget, now)) continue
        const before = state
        state = charged(state, budget, now)
        if (before === undefined || before.endsAt <= now) spentAt.length = 0
        spentAt.push(now)
        if (spentAt.length > budget.limit) return false
      }
      return true
    }),
  )
  t.pass('for any rule and any times')
})

t.test('budget: whatever clock wrote it, it is open again after one window', async (t) => {
  fc.assert(
    fc.property(rule, fc.integer({ min: -1e12, max: 1e12 }), (budget: BudgetRule, ahead) => {
      const now = 2e12
      const written = { spent: budget.limit, endsAt: now + ahead }
      const seen = currentBudget(written, budget, now)
      return seen.endsAt <= now + budget.windowMs && !isSpent(seen, budget, now + budget.windowMs)
    }),
  )
  t.pass('for any clock')
})

t.test('budget: replicas that spend it at the same time share it', async (t) => {
  const { url } = await testDatabase(t)
  const { db, close } = openDatabase({ url, name: 'budget-test', max: 8 })
  t.teardown(close)
  const now = Date.parse('2030-01-01T00:00:00Z')
  const budget = { limit: 5, windowMs: 60_000 }
  const spend = (at = now) => db.transaction((tx) => spendBudget(tx, 'shared', budget, at))
  const results = await Promise.all(Array.from({ length: 20 }, () => spend()))
  t.equal(results.filter(Boolean).length, 5)
  t.same(await readBudget(db, 'shared'), { spent: 5, endsAt: now + 60_000 })
  t.equal(await spend(now + 59_999), false)
  t.equal(await spend(now + 60_000), true)

  const step = fc.record({ after: fc.integer({ min: -90_000, max: 90_000 }), isForced: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await db.delete(budgets)
      let [state, at]: [BudgetState | undefined, number] = [undefined, now]
      for (const { after, isForced } of steps) {
        at += after
        const time = at
        const expected = isForced || !isSpent(state, budget, time)
        const done = isForced
          ? await db.transaction((tx) => chargeBudget(tx, 'shared', budget, time)).then(() => true)
          : await spend(time)
        if (expected) state = charged(state, budget, time)
        if (done !== expected) return false
        t.same(await readBudget(db, 'shared'), state)
      }
      return true
    }),
    { numRuns: 30 },
  )
})
