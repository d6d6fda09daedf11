import type { Benchmark } from './benchmark.ts'
import { outbox } from './outbox.ts'

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [outbox]
