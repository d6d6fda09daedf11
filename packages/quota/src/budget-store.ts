import { budgets, type Db, type Tx } from '@ikigai/db'
import { eq, sql } from 'drizzle-orm'
import type { BudgetRule, BudgetState } from './budget.ts'

/** Spends one unit of a budget that all replicas share. One statement. @returns false when nothing is left */
export const spendBudget = (tx: Db | Tx, key: string, rule: BudgetRule, now: number): Promise<boolean> =>
  rule.limit < 1 ? Promise.resolve(false) : spend(tx, key, rule, { now, isForced: false })

/** Charges one unit, even beyond the limit, as part of the transaction. */
export async function chargeBudget(tx: Tx, key: string, rule: BudgetRule, now: number): Promise<void> {
  await spend(tx, key, rule, { now, isForced: true })
}

/** `charged` and `isSpent` in SQL. Concurrent spenders of the same budget wait until this transaction ends. */
async function spend(
  tx: Db | Tx,
  key: string,
  { limit, windowMs }: BudgetRule,
  { now, isForced }: { readonly now: number; readonly isForced: boolean },
): Promise<boolean> {
  const at = sql`${new Date(now).toISOString()}::timestamptz`
  const isOver = sql`${budgets.endsAt} <= ${at}`
  const rows = await tx.execute(sql`
    insert into ${budgets} (key, spent, ends_at)
    values (${key}, 1, ${new Date(now + windowMs).toISOString()}::timestamptz)
    on conflict (key) do update set
      spent = case when ${isOver} then 1 else ${budgets.spent} + 1 end,
      ends_at = case when ${isOver} then excluded.ends_at else least(${budgets.endsAt}, excluded.ends_at) end
    where ${isForced}::boolean or ${isOver} or ${budgets.spent} < ${limit}
    returning spent`)
  return rows.length > 0
}

/** The amount spent of a budget; undefined if nothing was. */
export async function readBudget(db: Db | Tx, key: string): Promise<BudgetState | undefined> {
  const [row] = await db.select().from(budgets).where(eq(budgets.key, key))
  return row === undefined ? undefined : { spent: row.spent, endsAt: row.endsAt.getTime() }
}
