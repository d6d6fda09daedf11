import { type Clock, Gauge, type Logger } from '@ikigai/chassis'
import type { Registry } from 'prom-client'
import { CLOCK_BOUND_MS } from './ahead.ts'

/** Whose clock ours is compared with. */
export type OtherClock = 'strava' | 'database'

/** Whether our clock can be trusted: what follows from how old something is cannot be undone. */
export interface ClockCheck {
  /** Another clock showed `theirs` when ours showed `ours`: epoch ms. */
  heard(whose: OtherClock, theirs: number, ours: number): void
  /**
   * Whether the database's clock, and Strava's if it answered within the last hour, are within {@link CLOCK_BOUND_MS} of
   * ours. As long as they are not, or nothing was heard of the database's, nothing is erased.
   */
  agree(): boolean
}

/** What was heard longer ago says nothing of our clock as it is now. */
const HEARD_FOR_MS = 3_600_000

/** Compares clocks; tells of a disagreement once when it begins and once when it ends, and as metrics. */
export function checkClocks(deps: {
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
  readonly registry?: Registry
}): ClockCheck {
  const { clock, logger, registry } = deps
  const heard = new Map<OtherClock, { readonly offsetMs: number; readonly at: number }>()
  let reported = false

  const current = () =>
    [...heard].filter(([, { at }]) => Math.abs(clock.now() - at) <= HEARD_FOR_MS + CLOCK_BOUND_MS)
  const wrong = () => current().filter(([, { offsetMs }]) => Math.abs(offsetMs) > CLOCK_BOUND_MS)
  const report = () => {
    const disagreeing = wrong()
    if (disagreeing.length > 0 === reported) return
    reported = !reported
    const seconds = Object.fromEntries(
      current().map(([whose, { offsetMs }]) => [whose, Math.round(offsetMs / 1_000)]),
    )
    if (reported) logger.warn({ ahead: seconds }, 'clocks disagree: nothing is erased until they agree')
    else logger.info({ ahead: seconds }, 'clocks agree again')
  }
  const check: ClockCheck = {
    heard: (whose, theirs, ours) => {
      heard.set(whose, { offsetMs: ours - theirs, at: ours })
      report()
    },
    agree: () => {
      report()
      return current().some(([whose]) => whose === 'database') && wrong().length === 0
    },
  }
  if (registry !== undefined) measure(registry, current, check)
  return check
}

function measure(
  registry: Registry,
  current: () => [OtherClock, { readonly offsetMs: number }][],
  check: ClockCheck,
): void {
  const registers = [registry]
  new Gauge({
    name: 'ikigai_clock_ahead_seconds',
    help: 'How far our clock is ahead of another one',
    labelNames: ['clock'],
    registers,
    collect() {
      this.reset()
      for (const [clock, { offsetMs }] of current()) this.set({ clock }, offsetMs / 1_000)
    },
  })
  new Gauge({
    name: 'ikigai_erasures_paused',
    help: '1 while clocks disagree: nothing is erased because of its age',
    registers,
    collect() {
      this.set(check.agree() ? 0 : 1)
    },
  })
}
