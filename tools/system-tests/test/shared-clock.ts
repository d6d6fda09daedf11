import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@ikigai/chassis'
import type { TestContext } from '@ikigai/testkit'

/** How soon a sleeper notices that the clock was moved (ms). */
const POLL_INTERVAL_MS = 50

/** A clock that a test and the processes that it starts go by. It runs; the test moves it on, for all at once. */
export interface SharedClock extends Clock {
  /** Where {@link followClock} finds it. */
  readonly file: string
  /** Moves it on to `epochMs`. */
  advanceTo(epochMs: number): void
}

/** Starts a clock at `epochMs`, for as long as the test lasts. */
export function shareClock(t: TestContext, epochMs: number): SharedClock {
  const folder = mkdtempSync(join(tmpdir(), 'ikigai-clock-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ahead')
  const set = (to: number) => {
    // A reader finds the old file or the new one, never half of it.
    writeFileSync(`${file}.new`, String(to - Date.now()))
    renameSync(`${file}.new`, file)
  }
  set(epochMs)
  const clock = followClock(file)
  return { ...clock, file, advanceTo: (to) => set(Math.max(to, clock.now())) }
}

/** The clock of this file: the machine's, and so many milliseconds ahead of it as the file says. */
export function followClock(file: string): Clock {
  const now = () => Date.now() + Number(readFileSync(file, 'utf8'))
  return {
    now,
    sleep: async (ms, signal) => {
      const due = now() + ms
      for (let left = ms; left > 0 && signal?.aborted !== true; left = due - now())
        await systemClock.sleep(Math.min(left, POLL_INTERVAL_MS), signal)
    },
  }
}
