import { setImmediate as nextTurn } from 'node:timers/promises'

interface Sleeper {
  readonly dueMs: number
  wake(): void
}

/** A clock that stops until a test moves it. Times are epoch milliseconds. */
export class TestClock {
  #nowMs: number
  #sleepers: Sleeper[] = []
  #watchers: { readonly count: number; notify(): void }[] = []

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  /** Resolves once the clock has advanced by `ms`, or when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        this.#remove(sleeper)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper: Sleeper = { dueMs: this.#nowMs + ms, wake }
      signal?.addEventListener('abort', wake, { once: true })
      this.#sleepers.push(sleeper)
      for (const watcher of this.#watchers) {
        if (this.#sleepers.length >= watcher.count) watcher.notify()
      }
    })
  }

  /**
   * Advances the clock and wakes due sleepers, earliest first, each at its own time. Between two of them
   * the event loop turns once, so that the effects of a sleeper without I/O, sleeping again included, happen at its time.
   */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#nowMs + ms
    for (;;) {
      const next = this.#earliest()
      if (next === undefined || next.dueMs > targetMs) break
      this.#nowMs = next.dueMs
      next.wake()
      await nextTurn()
    }
    this.#nowMs = Math.max(this.#nowMs, targetMs)
  }

  /**
   * Advances the clock in one step, as after a machine was suspended: due sleepers wake at the new time, once
   * each, so that periodic tasks cost nothing for the hours between.
   */
  async jump(ms: number): Promise<void> {
    this.#nowMs += ms
    for (const { dueMs, wake } of [...this.#sleepers]) if (dueMs <= this.#nowMs) wake()
    await nextTurn()
  }

  /** Advances the clock to `epochMs`, like `advance`. */
  async advanceTo(epochMs: number): Promise<void> {
    await this.advance(epochMs - this.#nowMs)
  }

  /** Number of current sleepers. */
  pendingSleepers(): number {
    return this.#sleepers.length
  }

  /** Resolves as soon as there are at least `count` sleepers. */
  untilSleeping(count = 1): Promise<void> {
    if (this.#sleepers.length >= count) return Promise.resolve()
    return new Promise((resolve) => {
      const watcher = {
        count,
        notify: () => {
          this.#watchers = this.#watchers.filter((other) => other !== watcher)
          resolve()
        },
      }
      this.#watchers.push(watcher)
    })
  }

  #earliest(): Sleeper | undefined {
    return this.#sleepers.reduce<Sleeper | undefined>(
      (first, other) => (first === undefined || other.dueMs < first.dueMs ? other : first),
      undefined,
    )
  }

  #remove(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
  }
}
