import type { Outcome } from '@ikigai/quota'
import { PriorityQueue } from './priority-queue.ts'
import type { Start } from './schedulers/scheduler.ts'

/** An event at `at` (epoch ms), besides those of the workload. */
export type Event = { readonly at: number } & (
  | { readonly kind: 'end'; readonly start: Start; readonly outcome: Outcome }
  | { readonly kind: 'crash'; readonly start: Start }
  | { readonly kind: 'give_back'; readonly start: Start }
  | { readonly kind: 'relist'; readonly athlete: number }
  | { readonly kind: 'look'; readonly athlete: number; readonly since: number }
  | { readonly kind: 'wake' }
)

/** Events in order of time, then of insertion, so that runs are deterministic. */
export class Events {
  readonly #queue = new PriorityQueue<{ readonly event: Event; readonly order: number }>(
    (a, b) => a.event.at - b.event.at || a.order - b.order,
  )
  #order = 0

  add(event: Event): void {
    this.#queue.push({ event, order: this.#order++ })
  }

  /** When the next one happens; never, if there is none. */
  nextAt(): number {
    return this.#queue.peek()?.event.at ?? Number.POSITIVE_INFINITY
  }

  /** Takes the next one. */
  pop(): Event | undefined {
    return this.#queue.pop()?.event
  }
}
