import type { Benchmark } from './benchmark.ts'
import { event } from './event.ts'
import { importHistory } from './import.ts'
import { ledger } from './ledger.ts'
import { outbox } from './outbox.ts'
import { page } from './page.ts'
import { queue } from './queue.ts'
import { random } from './random.ts'
import { scale } from './scale.ts'
import { services } from './services.ts'
import { signup } from './signup.ts'
import { sse } from './sse.ts'
import { webhook } from './webhook.ts'

/** All benchmarks, in the order of execution. */
export const benchmarks: readonly Benchmark[] = [
  signup,
  random,
  sse,
  webhook,
  event,
  importHistory,
  queue,
  outbox,
  ledger,
  services,
  page,
  scale,
]
