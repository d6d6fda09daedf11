export * from './admission.ts'
export * from './budget.ts'
export * from './budget-store.ts'
export { type CircuitBreaker, isDegraded, stateOf as breakerStateOf } from './circuit-breaker.ts'
export * from './clock-bound.ts'
export * from './fair-queue.ts'
export { headroom } from './headroom.ts'
export * from './lane-capacity.ts'
export * from './ledger.ts'
export { LedgerContentionError, LedgerStateError, readLedger } from './ledger-row.ts'
export { LEASE_MS } from './ledger-steps.ts'
export {
  advanceLoad,
  baselineCalls,
  countServed,
  INTERACTIVE_LANES,
  type ServedLoad,
} from './served-load.ts'
export * from './settle.ts'
export * from './state.ts'
export * from './windows.ts'
