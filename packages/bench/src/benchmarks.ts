import type { Benchmark } from './benchmark.ts'
import { event } from './event.ts'
import { outbox } from './outbox.ts'
import { queue } from './queue.ts'
import { random } from './random.ts'
import { webhook } from './webhook.ts'

/** All benchmarks, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [webhook, random, event, queue, outbox]
