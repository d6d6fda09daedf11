import { InvalidDateError } from './errors.ts'
import type { Clock } from './options.ts'
import type { ClockSetting } from './settings.ts'

/** A clock that can be moved. */
export interface MovableClock extends Clock {
  set(setting: ClockSetting): void
  advance(milliseconds: number): void
  reset(): void
}

/**
 * Epoch milliseconds of a date given as a number or as ISO 8601.
 * @throws InvalidDateError
 */
export function parseInstant(value: number | string): number {
  const epochMs = typeof value === 'number' ? value : Date.parse(value)
  if (!Number.isFinite(epochMs)) throw new InvalidDateError(String(value))
  return epochMs
}

/** A clock with an offset from another one, or frozen. */
export function createMovableClock(base: Clock): MovableClock {
  let offsetMs = 0
  let frozenAtMs: number | undefined
  const now = () => frozenAtMs ?? base.now() + offsetMs
  return {
    now,
    set({ now: target, frozen = false }) {
      const targetMs = parseInstant(target)
      offsetMs = targetMs - base.now()
      frozenAtMs = frozen ? targetMs : undefined
    },
    advance(milliseconds) {
      offsetMs += milliseconds
      if (frozenAtMs !== undefined) frozenAtMs += milliseconds
    },
    reset() {
      offsetMs = 0
      frozenAtMs = undefined
    },
  }
}
