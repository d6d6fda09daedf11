/** The budget of one key: `limit` in each window of `windowMs`. A window starts with the first spending in it. */
export interface BudgetRule {
  readonly limit: number
  readonly windowMs: number
}

/** The amount a key has spent in its current window. */
export interface BudgetState {
  readonly spent: number
  /** End of the window: epoch ms. */
  readonly endsAt: number
}

/**
 * The state at `now` (epoch ms): empty if there is none or its window is over. A window ends at most one whole window
 * from now, so a clock that was ahead blocks a budget no longer than that.
 */
export function currentBudget(
  state: BudgetState | undefined,
  { windowMs }: BudgetRule,
  now: number,
): BudgetState {
  if (state === undefined || state.endsAt <= now) return { spent: 0, endsAt: now + windowMs }
  return { spent: state.spent, endsAt: Math.min(state.endsAt, now + windowMs) }
}

/** Whether the budget is spent. */
export const isSpent = (state: BudgetState | undefined, rule: BudgetRule, now: number): boolean =>
  currentBudget(state, rule, now).spent >= rule.limit

/** The state after one more unit, even beyond the limit. */
export function charged(state: BudgetState | undefined, rule: BudgetRule, now: number): BudgetState {
  const { spent, endsAt } = currentBudget(state, rule, now)
  return { spent: spent + 1, endsAt }
}
