import { type Clock, Gauge, type Logger, type Registry } from '@ikigai/chassis'
import { CLOCK_BOUND_MS } from './ahead.ts'

/** A clock that ours is compared with. */
export type OtherClock = 'strava' | 'database'

/** Decides whether our clock can be trusted. Deletions by age depend on it and cannot be undone. */
export interface ClockCheck {
  /** Records that another clock showed `theirs` when ours showed `ours`: epoch ms. */
  compare(whose: OtherClock, theirs: number, ours: number): void
  /**
   * Whether the database's clock, and Strava's if it answered within the last hour, are within {@link CLOCK_BOUND_MS} of
   * ours; false until the database's clock was read.
   */
  agree(): boolean
  /**
   * Whether data may be deleted by age: clocks agree, and after a leap of ours Strava has answered since, or a day has
   * passed, because the database may run on the same machine.
   */
  mayErase(): boolean
}

/** Older comparisons are ignored. */
const COMPARISON_TTL_MS = 3_600_000

/** Our clock is read every 30 s: if it differs from the last reading by more than this (ms), it was set, or the machine slept. */
const LEAP_MS = 3_600_000

/** How long a leap is distrusted if no answer of Strava comes (ms). */
const LEAP_TTL_MS = 86_400_000

/** Compares clocks. Logs once when they begin to disagree and once when they agree again, and registers metrics. */
export function checkClocks(deps: {
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
  readonly registry?: Registry
}): ClockCheck {
  const { clock, logger, registry } = deps
  const comparisons = new Map<OtherClock, { readonly offsetMs: number; readonly at: number }>()
  let reported = false
  let readAt = clock.now()
  let leaptAt = Number.NEGATIVE_INFINITY

  const noteLeap = () => {
    const now = clock.now()
    if (Math.abs(now - readAt) > LEAP_MS) {
      leaptAt = now
      comparisons.delete('strava')
    }
    readAt = now
  }
  const isDistrusted = () => !comparisons.has('strava') && Math.abs(clock.now() - leaptAt) <= LEAP_TTL_MS
  const current = () =>
    [...comparisons].filter(([, { at }]) => Math.abs(clock.now() - at) <= COMPARISON_TTL_MS + CLOCK_BOUND_MS)
  const wrong = () => current().filter(([, { offsetMs }]) => Math.abs(offsetMs) > CLOCK_BOUND_MS)
  const report = () => {
    const disagreeing = wrong()
    if (disagreeing.length > 0 === reported) return
    reported = !reported
    const seconds = Object.fromEntries(
      current().map(([whose, { offsetMs }]) => [whose, Math.round(offsetMs / 1_000)]),
    )
    if (reported)
      logger.warn({ ahead: seconds }, 'clocks disagree: nothing is deleted by age until they agree')
    else logger.info({ ahead: seconds }, 'clocks agree again')
  }
  const check: ClockCheck = {
    compare: (whose, theirs, ours) => {
      noteLeap()
      comparisons.set(whose, { offsetMs: ours - theirs, at: ours })
      report()
    },
    agree: () => {
      noteLeap()
      report()
      return current().some(([whose]) => whose === 'database') && wrong().length === 0
    },
    mayErase: () => check.agree() && !isDistrusted(),
  }
  if (registry !== undefined) registerClockGauges(registry, current, check)
  return check
}

function registerClockGauges(
  registry: Registry,
  current: () => [OtherClock, { readonly offsetMs: number }][],
  check: ClockCheck,
): void {
  const registers = [registry]
  new Gauge({
    name: 'ikigai_clock_ahead_seconds',
    help: 'Seconds that the clock of the service is ahead of another one.',
    labelNames: ['clock'],
    registers,
    collect() {
      this.reset()
      for (const [clock, { offsetMs }] of current()) this.set({ clock }, offsetMs / 1_000)
    },
  })
  new Gauge({
    name: 'ikigai_erasures_paused',
    help: '1 while clocks disagree, so that nothing is deleted by age.',
    registers,
    collect() {
      this.set(check.mayErase() ? 0 : 1)
    },
  })
}
