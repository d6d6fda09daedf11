import { budgets, type Db, type Tx } from '@ikigai/db'
import { eq } from 'drizzle-orm'
import { type BudgetRule, type BudgetState, charged, isSpent } from './budget.ts'

/** Spends one of a budget that all replicas share, as part of the transaction. @returns false if the budget is spent */
export async function spendBudget(tx: Tx, key: string, rule: BudgetRule, now: number): Promise<boolean> {
  const state = await lockBudget(tx, key, now)
  if (isSpent(state, rule, now)) return false
  await writeBudget(tx, key, charged(state, rule, now))
  return true
}

/** Counts a cost that has arisen already against a budget, as part of the transaction. */
export async function chargeBudget(tx: Tx, key: string, rule: BudgetRule, now: number): Promise<void> {
  await writeBudget(tx, key, charged(await lockBudget(tx, key, now), rule, now))
}

/** The amount spent of a budget; undefined if nothing was. */
export async function readBudget(db: Db | Tx, key: string): Promise<BudgetState | undefined> {
  const [row] = await db.select().from(budgets).where(eq(budgets.key, key))
  return row === undefined ? undefined : { spent: row.spent, endsAt: row.endsAt.getTime() }
}

/** A replica that spends the same budget waits here until this transaction ends. */
async function lockBudget(tx: Tx, key: string, now: number): Promise<BudgetState | undefined> {
  await tx
    .insert(budgets)
    .values({ key, spent: 0, endsAt: new Date(now) })
    .onConflictDoNothing()
  const [row] = await tx.select().from(budgets).where(eq(budgets.key, key)).for('update')
  return row === undefined ? undefined : { spent: row.spent, endsAt: row.endsAt.getTime() }
}

async function writeBudget(tx: Tx, key: string, { spent, endsAt }: BudgetState): Promise<void> {
  await tx
    .update(budgets)
    .set({ spent, endsAt: new Date(endsAt) })
    .where(eq(budgets.key, key))
}
